/** Finds the packets of one trace in tcpdump's output: the probe, its answer, and ICMP errors about either. */
import type { Buffer } from 'node:buffer';
import { formatAddress } from '../../core/ip.js';
import { MARK, MARK_LENGTH } from '../../core/probe.js';
import type { RawPacket } from '../../verify/tcpdump.js';
import type { TracedPacket } from './result.js';

export type Role = 'probe' | 'answer' | 'error';

export type IcmpError = {
  /** The packet that it quotes. */
  readonly about: 'probe' | 'answer';
  readonly type: number;
  readonly code: number;
  /** Of "fragmentation needed" and "packet too big". */
  readonly mtu?: number;
};

export type Sighting = {
  readonly machine: string;
  readonly interface: string;
  readonly direction: 'in' | 'out';
  /** Seconds since 1970, by the machine's own clock. */
  readonly time: number;
  readonly role: Role;
  /** Which of the trace's probes. */
  readonly id: number;
  readonly packet: TracedPacket;
  readonly error?: IcmpError;
  /** As tcpdump printed it. */
  readonly line: string;
};

export type Captures = readonly { readonly machine: string; readonly packets: readonly RawPacket[] }[];

/** @param run the mark of echoes and datagrams, and the first sequence number of TCP */
export function sightingsOf(captures: Captures, run: number): Sighting[] {
  const all = captures
    .flatMap(({ machine, packets }) => packets.map((raw) => ({ machine, raw, ip: readIp(raw.bytes) })))
    .sort((one, other) => one.raw.time - other.raw.time);
  // The answer to a datagram shares only the addresses and ports with it, swapped.
  const awaited = new Map<string, number>();
  return all.flatMap(({ machine, raw, ip }): Sighting[] => {
    const direction = ({ In: 'in', Out: 'out' } as const)[raw.direction];
    if (!ip || !direction) return [];
    const answered = ip.protocol === TRANSPORT.udp ? awaited.get(endsOf(ip.packet)) : undefined;
    const found = answered === undefined ? roleOf(ip, run) : { role: 'answer' as const, id: answered };
    if (!found || found.id === LAST) return [];
    if (found.role === 'probe' && ip.protocol === TRANSPORT.udp)
      awaited.set(endsOf(reversed(ip.packet)), found.id);
    const { interface: on, time, line } = raw;
    return [{ machine, interface: on, direction, time, packet: ip.packet, line, ...found }];
  });
}

const LAST = 0xffffffff;

const endsOf = ({ source, sourcePort = 0, destination, destinationPort = 0 }: TracedPacket): string =>
  `${source} ${sourcePort} ${destination} ${destinationPort}`;

const reversed = (packet: TracedPacket): TracedPacket => ({
  ...packet,
  source: packet.destination,
  destination: packet.source,
  ...(packet.sourcePort !== undefined && { destinationPort: packet.sourcePort }),
  ...(packet.destinationPort !== undefined && { sourcePort: packet.destinationPort }),
});

type Ip = { readonly protocol: number; readonly payload: Buffer; readonly packet: TracedPacket };

const TRANSPORT = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

function readIp(bytes: Buffer): Ip | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  const header = version === 4 ? ((bytes[0] ?? 0) & 15) * 4 : 40;
  if ((version !== 4 && version !== 6) || bytes.length < header) return undefined;
  const protocol = bytes[version === 4 ? 9 : 6] ?? 0;
  const payload = bytes.subarray(header);
  const hasPorts = (protocol === TRANSPORT.tcp || protocol === TRANSPORT.udp) && payload.length >= 4;
  const [at, size] = version === 4 ? [12, 4] : [8, 16];
  const address = (from: number): string =>
    formatAddress({ family: version, value: BigInt(`0x${bytes.toString('hex', from, from + size)}`) });
  return {
    ...{ protocol, payload },
    packet: {
      source: address(at),
      destination: address(at + size),
      ...(hasPorts && { sourcePort: payload.readUInt16BE(0), destinationPort: payload.readUInt16BE(2) }),
      ttl: bytes[version === 4 ? 8 : 7] ?? 0,
      length: version === 4 ? bytes.readUInt16BE(2) : bytes.readUInt16BE(4) + header,
    },
  };
}

type Found = { readonly role: Role; readonly id: number; readonly error?: IcmpError };

const ECHOES: Readonly<Record<number, Role>> = { 8: 'probe', 0: 'answer', 128: 'probe', 129: 'answer' };
const ERRORS = { [TRANSPORT.icmp]: [3, 11, 12], [TRANSPORT.icmp6]: [1, 2, 3, 4] } as const;
const ICMP_HEADER = 8;

function roleOf({ protocol, payload }: Ip, run: number): Found | undefined {
  if (protocol === TRANSPORT.tcp) return tcpRole(payload, run);
  if (protocol === TRANSPORT.udp) return marked(payload, run, 'probe');
  if (protocol !== TRANSPORT.icmp && protocol !== TRANSPORT.icmp6) return undefined;
  const [type = 0, code = 0] = payload;
  const echo = ECHOES[type];
  if (echo) return marked(payload, run, echo);
  if (!(ERRORS[protocol] as readonly number[]).includes(type)) return undefined;
  const quoted = readIp(payload.subarray(ICMP_HEADER));
  const about = quoted && roleOf(quoted, run);
  return (
    about && {
      role: 'error',
      id: about.id,
      error: { about: about.role === 'answer' ? 'answer' : 'probe', type, code, ...mtuOf(protocol, payload) },
    }
  );
}

function mtuOf(protocol: number, payload: Buffer): Pick<IcmpError, 'mtu'> {
  const [type, code] = payload;
  if (protocol === TRANSPORT.icmp && type === 3 && code === 4) return { mtu: payload.readUInt16BE(6) };
  return protocol === TRANSPORT.icmp6 && type === 2 ? { mtu: payload.readUInt32BE(4) } : {};
}

/** The mark follows a header of eight bytes, in ICMP as in UDP. */
function marked(payload: Buffer, run: number, role: Role): Found | undefined {
  const at = ICMP_HEADER;
  if (payload.length < at + MARK_LENGTH || payload.toString('latin1', at, at + MARK.length) !== MARK)
    return undefined;
  return payload.readUInt32BE(at + 4) === run ? { role, id: payload.readUInt32BE(at + 8) } : undefined;
}

const FLAG = { SYN: 2, RST: 4, ACK: 16 } as const;

/** The SYN has our sequence number; the packet that acknowledges it is the answer. An error quotes little more than that number. */
function tcpRole(payload: Buffer, run: number): Found | undefined {
  if (payload.length < 8) return undefined;
  const flags = payload[13] ?? FLAG.SYN;
  const isSyn = (flags & (FLAG.SYN | FLAG.ACK)) === FLAG.SYN;
  if (isSyn && payload.readUInt32BE(4) === run) return { role: 'probe', id: 0 };
  const isAnswer = (flags & FLAG.ACK) !== 0 && (flags & (FLAG.SYN | FLAG.RST)) !== 0;
  const acknowledged = payload.length >= 12 ? payload.readUInt32BE(8) : 0;
  return isAnswer && acknowledged === (run + 1) % 2 ** 32 ? { role: 'answer', id: 0 } : undefined;
}
