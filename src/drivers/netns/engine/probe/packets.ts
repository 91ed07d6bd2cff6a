/** The bytes of test packets: ICMP echo (RFC 792, RFC 4443) and the mark that all of them carry. */
import { Buffer } from 'node:buffer';
import { formatAddress } from '../../../../core/ip.js';
import { MARK, MARK_LENGTH } from '../../../../core/probe.js';
import type { Reply } from '../../../../core/probe.js';
import { readAddress } from '../../../../sys/netlink/route.js';

export type Mark = { readonly run: number; readonly id: number; readonly sequence: number };

export function markBytes({ run, id, sequence }: Mark): Buffer {
  const bytes = Buffer.alloc(MARK_LENGTH);
  bytes.write(MARK);
  bytes.writeUInt32BE(run, 4);
  bytes.writeUInt32BE(id, 8);
  bytes.writeUInt32BE(sequence, 12);
  return bytes;
}

export function readMark(bytes: Buffer): Mark | undefined {
  if (bytes.length < MARK_LENGTH || bytes.toString('latin1', 0, 4) !== MARK) return undefined;
  return { run: bytes.readUInt32BE(4), id: bytes.readUInt32BE(8), sequence: bytes.readUInt32BE(12) };
}

const ECHO = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
const ERRORS = { 4: { 3: 'unreachable', 11: 'expired' }, 6: { 1: 'unreachable', 3: 'expired' } } as const;
const ICMP_HEADER = 8;
const PORT_UNREACHABLE = { 4: 3, 6: 4 } as const;

/**
 * Another one in every run: what a NAT on the way still remembers of an earlier run would translate the probes of this one
 * as it did then.
 */
const identifierOf = ({ run, id }: Mark): number => (run + id) & 0xffff;

/** The kernel fills in the checksum of ICMPv6 itself (RFC 3542 section 3.1). */
export function echoRequest(family: 4 | 6, mark: Mark, size = 0): Buffer {
  const header = Buffer.from([ECHO[family].request, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(identifierOf(mark), 4);
  header.writeUInt16BE(mark.sequence & 0xffff, 6);
  const packet = Buffer.concat([header, padded(markBytes(mark), size - IP_HEADER[family] - ICMP_HEADER)]);
  if (family === 4) packet.writeUInt16BE(checksum(packet), 2);
  return packet;
}

/** RFC 1071 */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  if (bytes.length % 2 === 1) sum += (bytes.at(-1) ?? 0) << 8;

  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What a raw ICMP socket received, if it is an answer to an echo request of ours or an error about one. */
export function readIcmp(
  family: 4 | 6,
  bytes: Buffer,
  from: string,
): { mark: Mark; kind: Reply['kind']; from: string; detail?: string } | undefined {
  const at = family === 4 ? ((bytes[0] ?? 0) & 15) * 4 : 0;
  // The kernel hands IPv4 over with its header, IPv6 without (raw(7), RFC 3542).
  const sender =
    family === 4 && bytes.length >= 20 ? formatAddress(readAddress(bytes.subarray(12, 16))) : from;
  const [type, code] = [bytes[at], bytes[at + 1]];
  if (type === undefined || code === undefined) return undefined;
  if (type === ECHO[family].reply) {
    const mark = readMark(bytes.subarray(at + ICMP_HEADER));
    return mark && { mark, kind: 'answer', from: sender };
  }
  const error = (ERRORS[family] as Readonly<Record<number, 'unreachable' | 'expired'>>)[type];
  const mark = error && quotedMark(family, bytes.subarray(at + ICMP_HEADER));
  if (!error || !mark) return undefined;
  const kind = error === 'unreachable' && code === PORT_UNREACHABLE[family] ? 'refused' : error;
  return { mark, kind, from: sender, ...(error === 'unreachable' && { detail: codeText(family, code) }) };
}

/** Errors quote the packet they are about: its IP header, its ICMP header and what fits of its data. */
function quotedMark(family: 4 | 6, quoted: Buffer): Mark | undefined {
  const header = family === 4 ? ((quoted[0] ?? 0) & 15) * 4 : 40;
  return quoted[header] === ECHO[family].request
    ? readMark(quoted.subarray(header + ICMP_HEADER))
    : undefined;
}

const IP_HEADER = { 4: 20, 6: 40 } as const;
const UDP_HEADER = 8;

/** What a datagram carries, filled up so that its IP packet has so many bytes. */
export const datagram = (family: 4 | 6, mark: Mark, size = 0): Buffer =>
  padded(markBytes(mark), size - IP_HEADER[family] - UDP_HEADER);

const padded = (bytes: Buffer, length: number): Buffer =>
  length <= bytes.length ? bytes : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);

const CODES = {
  4: [
    'net unreachable',
    'host unreachable',
    'protocol unreachable',
    'port unreachable',
    'fragmentation needed',
  ],
  6: ['no route', 'administratively prohibited', 'beyond scope', 'address unreachable', 'port unreachable'],
} as const;
const PROHIBITED = [9, 10, 13];

function codeText(family: 4 | 6, code: number): string {
  if (family === 4 && PROHIBITED.includes(code)) return 'administratively prohibited';
  return CODES[family][code] ?? `code ${code}`;
}
