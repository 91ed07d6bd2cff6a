/** The packets of a mesh, written and read where they lie. */
import { Buffer } from 'node:buffer';
import { MARK } from '../../../../core/probe.js';
import { Datagrams } from '../../../../sys/datagrams.js';

/** ICMP header and mark: `lnet`, the run, the pair and the try (core/probe.ts). */
const ECHO_LENGTH = 24;
const REQUEST = { 4: 8, 6: 128 } as const;
const REPLY = { 4: 0, 6: 129 } as const;
/** An IPv4 header with all options that there may be comes before what a raw socket receives. */
const MOST_RECEIVED = 60 + ECHO_LENGTH;
const ICMP_HEADER = 8;
const SOURCE = 12;
/** In struct sockaddr_in6. */
const ADDRESS6 = 8;
const AT = { run: 12, pair: 16, sequence: 20 } as const;
const MARK_BYTES = Buffer.from(MARK);
const MARK_NUMBER = MARK_BYTES.readUInt32BE();

/** @returns whether it was one that is waited for */
export type OnEcho = (pair: number, sequence: number, source: Buffer) => void;

export class Echoes {
  readonly #out: Datagrams;
  readonly #in: Datagrams;

  constructor(
    readonly run: number,
    most: number,
  ) {
    this.#out = new Datagrams(most, ECHO_LENGTH);
    this.#in = new Datagrams(most, MOST_RECEIVED);
  }

  /** Puts a request in its place in the batch. */
  put(index: number, family: 4 | 6, to: Buffer, pair: number, sequence: number): void {
    const { bytes } = this.#out;
    const at = index * ECHO_LENGTH;
    bytes.writeUInt32BE(REQUEST[family] << 24, at);
    // As in probe/packets.ts: another one in every run.
    bytes.writeUInt16BE((this.run + pair) & 0xffff, at + 4);
    bytes.writeUInt16BE(sequence, at + 6);
    bytes.writeUInt32BE(MARK_NUMBER, at + ICMP_HEADER);
    bytes.writeUInt32BE(this.run, at + AT.run);
    bytes.writeUInt32BE(pair, at + AT.pair);
    bytes.writeUInt32BE(sequence, at + AT.sequence);
    if (family === 4) bytes.writeUInt16BE(checksum(bytes, at), at + 2);
    this.#out.address(index, to, ECHO_LENGTH);
  }

  send(fd: number, from: number, count: number): number | string {
    return this.#out.send(fd, from, count);
  }

  /** Reads what waits. @returns how many packets there were */
  receive(fd: number, family: 4 | 6, onEcho: OnEcho): number {
    const count = this.#in.receive(fd);
    const { bytes } = this.#in;
    for (let index = 0; index < count; index++) {
      const start = index * MOST_RECEIVED;
      const at = start + (family === 4 ? ((bytes[start] ?? 0) & 15) * 4 : 0);
      const isWhole = this.#in.lengthOf(index) >= at - start + ECHO_LENGTH;
      if (!isWhole || bytes[at] !== REPLY[family] || bytes.readUInt32BE(at + ICMP_HEADER) !== MARK_NUMBER)
        continue;
      if (bytes.readUInt32BE(at + AT.run) !== this.run) continue;
      const source =
        family === 4
          ? bytes.subarray(start + SOURCE, start + SOURCE + 4)
          : this.#in.nameAt(index).subarray(ADDRESS6, ADDRESS6 + 16);
      onEcho(bytes.readUInt32BE(at + AT.pair), bytes.readUInt32BE(at + AT.sequence), source);
    }
    return count;
  }
}

/** RFC 1071 */
function checksum(bytes: Buffer, at: number): number {
  let sum = 0;
  for (let offset = 0; offset < ECHO_LENGTH; offset += 2)
    if (offset !== 2) sum += bytes.readUInt16BE(at + offset);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
