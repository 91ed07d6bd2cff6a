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
const NEWLINE = 10;
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

export const readTcpdump = (output: Uint8Array): SeenPacket[] => readPackets(output).flatMap(toPacket);

export function readPackets(output: Uint8Array): RawPacket[] {
  const packets: RawPacket[] = [];
  eachPacket(output, (packet) => packets.push(packet));
  return packets;
}

/** The packet that `eachPacket` found at this place. */
export function packetAt(output: Uint8Array, at: number): SeenPacket | undefined {
  let found: RawPacket | undefined;
  eachPacket(output, (packet) => (found = packet), at, 1);
  return found && toPacket(found)[0];
}

/**
 * One packet after the other, none of which has to be kept: there may be tens of thousands.
 * @param at where a line begins
 */
export function eachPacket(
  output: Uint8Array,
  visit: (packet: RawPacket, at: number) => void,
  at = 0,
  most = Number.POSITIVE_INFINITY,
): void {
  const text = Buffer.from(output.buffer, output.byteOffset, output.length);
  let header: { readonly of: RegExpExecArray | null; readonly at: number } | undefined;
  let [hex, found] = ['', 0];
  const flush = (): void => {
    if (header?.of && found++ < most) visit(toRaw(header.of, Buffer.from(hex, 'hex')), header.at);
    [header, hex] = [undefined, ''];
  };
  for (let from = at; from < text.length && found < most;) {
    const newline = text.indexOf(NEWLINE, from);
    const end = newline < 0 ? text.length : newline;
    const line = text.toString('latin1', from, end);
    const bytes = HEX.exec(line)?.[1];
    if (bytes !== undefined) hex += bytes.replaceAll(' ', '');
    // What is inside a tunnel is told on lines of its own, ahead of the bytes.
    else if (BEGINNING.test(line)) {
      flush();
      header = { of: HEADER.exec(line), at: from };
    }
    from = end + 1;
  }
  flush();
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

type Layers = {
  readonly version: 4 | 6;
  readonly protocol: SeenPacket['protocol'];
  readonly payload: Buffer;
};

function layersOf(bytes: Buffer): Layers | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  const header = version === 4 ? ((bytes[0] ?? 0) & 15) * 4 : 40;
  if ((version !== 4 && version !== 6) || bytes.length < header) return undefined;
  const protocol = PROTOCOLS[bytes[version === 4 ? 9 : 6] ?? 0] ?? 'other';
  return { version, protocol, payload: bytes.subarray(header) };
}

function readIp(bytes: Buffer): Omit<SeenPacket, 'interface' | 'direction' | 'time' | 'line'> | undefined {
  const layers = layersOf(bytes);
  if (!layers) return undefined;
  const { version, protocol, payload } = layers;
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

/** The mark of an echo request or a datagram, where the packet has one and came in. */
export function markOfArrival({ bytes, direction }: RawPacket): SeenPacket['mark'] {
  const ip = direction === 'Out' ? undefined : layersOf(bytes);
  const isReply = ip?.protocol === 'icmp' && ECHO_REPLIES.includes(ip.payload[0]);
  return ip && !isReply ? markOf(ip.protocol, ip.payload).mark : undefined;
}

const ECHO_REPLIES: readonly (number | undefined)[] = [0, 129];
/** ICMP errors quote a packet with its mark, so that only echoes count as marked. */
const ECHOES: readonly (number | undefined)[] = [0, 8, 128, 129];

function markOf(protocol: SeenPacket['protocol'], payload: Buffer): Pick<SeenPacket, 'mark'> {
  if (protocol === 'other' || (protocol === 'icmp' && !ECHOES.includes(payload[0]))) return {};
  const at = protocol === 'tcp' ? ((payload[12] ?? 0) >> 4) * 4 : 8;
  if (payload.length < at + MARK_LENGTH || payload.toString('latin1', at, at + MARK.length) !== MARK)
    return {};
  return { mark: { run: payload.readUInt32BE(at + 4), id: payload.readUInt32BE(at + 8) } };
}
