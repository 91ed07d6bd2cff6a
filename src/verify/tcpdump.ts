/** Reads the output of `tcpdump -i any -n -tt -x`: a line for each packet, followed by its bytes in hex. */
import { Buffer } from 'node:buffer';
import { formatAddress } from '../core/ip.js';
import { MARK, MARK_LENGTH } from '../core/probe.js';

export type SeenPacket = {
  readonly interface: string;
  readonly direction: 'in' | 'out';
  /** Seconds since 1970. */
  readonly time: number;
  readonly protocol: 'icmp' | 'tcp' | 'udp' | 'other';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** The ICMP type. */
  readonly type?: number;
  /** Whether it is a TCP SYN. */
  readonly isSyn?: boolean;
  /** The mark of the probe it belongs to. */
  readonly mark?: { readonly run: number; readonly id: number };
  /** The line of tcpdump, without the time. */
  readonly line: string;
};

const HEADER = /^(\d+\.\d+)\s+(?:(\S+)\s+(In|Out|B|M|P|Bcast|Mcast)\s+)?(IP6? .*)$/;
const BEGINNING = /^\d+\.\d+\s/;
const HEX = /^\s+0x[0-9a-f]+:\s+([0-9a-f ]+)$/;

/** A captured packet: interface, time, and its first bytes from the IP header on. */
export type RawPacket = {
  readonly interface: string;
  /** As in tcpdump: In, Out, B, M, P. */
  readonly direction: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly bytes: Buffer;
  /** The line of tcpdump, without the time. */
  readonly line: string;
};

export const readTcpdump = (text: string): SeenPacket[] => readPackets(text).flatMap(toPacket);

export function readPackets(text: string): RawPacket[] {
  const packets: RawPacket[] = [];
  let header: RegExpExecArray | undefined;
  let hex = '';
  const flush = (): void => {
    if (header) packets.push(toRaw(header, Buffer.from(hex, 'hex')));
    header = undefined;
    hex = '';
  };
  for (const line of text.split('\n')) {
    const bytes = HEX.exec(line)?.[1];
    if (bytes !== undefined) hex += bytes.replaceAll(' ', '');
    // What is inside a tunnel is told on lines of its own, ahead of the bytes.
    else if (BEGINNING.test(line)) {
      flush();
      header = HEADER.exec(line) ?? undefined;
    }
  }
  flush();
  return packets;
}

const toRaw = ([, time, on, direction, rest]: RegExpExecArray, bytes: Buffer): RawPacket => ({
  interface: on ?? '',
  direction: direction ?? '',
  time: Number(time),
  bytes,
  line: `${on ?? ''} ${direction ?? ''} ${rest ?? ''}`.trim(),
});

function toPacket({ bytes, direction, ...raw }: RawPacket): SeenPacket[] {
  const ip = readIp(bytes);
  return ip ? [{ ...raw, direction: direction === 'Out' ? 'out' : 'in', ...ip }] : [];
}

const PROTOCOLS: Readonly<Record<number, SeenPacket['protocol']>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmp',
};

function readIp(bytes: Buffer): Omit<SeenPacket, 'interface' | 'direction' | 'time' | 'line'> | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  const header = version === 4 ? ((bytes[0] ?? 0) & 15) * 4 : 40;
  if ((version !== 4 && version !== 6) || bytes.length < header) return undefined;
  const protocol = PROTOCOLS[bytes[version === 4 ? 9 : 6] ?? 0] ?? 'other';
  const payload = bytes.subarray(header);
  return {
    protocol,
    ...addressesOf(version, bytes),
    ...transportOf(protocol, payload),
    ...markOf(protocol, payload),
  };
}

function addressesOf(version: 4 | 6, bytes: Buffer): { source: string; destination: string } {
  const at = version === 4 ? 12 : 8;
  const size = version === 4 ? 4 : 16;
  const read = (from: number): string =>
    formatAddress({ family: version, value: BigInt(`0x${bytes.toString('hex', from, from + size)}`) });
  return { source: read(at), destination: read(at + size) };
}

const FLAGS_AT = 13;
const SYN = 2;
const ACK = 16;

function transportOf(protocol: SeenPacket['protocol'], payload: Buffer): Partial<SeenPacket> {
  const [type] = payload;
  if (protocol === 'icmp') return type === undefined ? {} : { type };
  if (protocol === 'other' || payload.length < 4) return {};
  const ports = { sourcePort: payload.readUInt16BE(0), destinationPort: payload.readUInt16BE(2) };
  const flags = payload[FLAGS_AT];
  return protocol === 'tcp' && flags !== undefined
    ? { ...ports, isSyn: (flags & (SYN | ACK)) === SYN }
    : ports;
}

/** ICMP errors quote a packet with its mark, so that only echoes count as marked. */
const ECHOES: readonly (number | undefined)[] = [0, 8, 128, 129];

function markOf(protocol: SeenPacket['protocol'], payload: Buffer): Pick<SeenPacket, 'mark'> {
  if (protocol === 'other' || (protocol === 'icmp' && !ECHOES.includes(payload[0]))) return {};
  const at = protocol === 'tcp' ? ((payload[12] ?? 0) >> 4) * 4 : 8;
  if (payload.length < at + MARK_LENGTH || payload.toString('latin1', at, at + MARK.length) !== MARK)
    return {};
  return { mark: { run: payload.readUInt32BE(at + 4), id: payload.readUInt32BE(at + 8) } };
}
