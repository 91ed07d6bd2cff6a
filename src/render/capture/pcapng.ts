/** Writes pcapng, block by block. https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html */
import { Buffer } from 'node:buffer';
import type { PcapHeader, PcapPacket } from './pcap.js';

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const STATISTICS = 5;
const PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;

const OPTION = {
  end: 0,
  application: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  resolution: 9,
  filter: 11,
  received: 4,
  dropped: 5,
} as const;
/** Times are powers of ten: nanoseconds. */
const NANO = 9;
/** Of an option: its length is 16 bits. */
const LONGEST_TEXT = 4096;

export type CapturedInterface = PcapHeader & {
  readonly name: string;
  readonly description: string;
  readonly filter: string;
};

export function sectionBlock(application: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER, 0);
  body.writeUInt16LE(1, 4);
  // Of unknown length, as it is written while it comes.
  body.writeBigInt64LE(-1n, 8);
  return block(SECTION, body, options([[OPTION.application, Buffer.from(application)]]));
}

/** The first is interface 0, and so on. */
export function interfaceBlock({
  linkType,
  snapLength,
  name,
  description,
  filter,
}: CapturedInterface): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType, 0);
  body.writeUInt32LE(snapLength, 4);
  const known: [number, Buffer][] = [
    [OPTION.interfaceName, text(name)],
    [OPTION.interfaceDescription, text(description)],
    [OPTION.resolution, Buffer.from([NANO])],
    // The first byte says that it is an expression of libpcap's.
    ...(filter === ''
      ? []
      : [[OPTION.filter, Buffer.concat([Buffer.from([0]), text(filter)])] as [number, Buffer]]),
  ];
  return block(INTERFACE, body, options(known));
}

export function packetBlock(index: number, { time, length, data }: PcapPacket): Buffer {
  const body = Buffer.alloc(20);
  body.writeUInt32LE(index, 0);
  writeTime(body, 4, time);
  body.writeUInt32LE(data.length, 12);
  body.writeUInt32LE(length, 16);
  return block(PACKET, body, padded(data));
}

/** What an interface has seen and missed, at the end. */
export function statisticsBlock(index: number, time: bigint, received: number, dropped: number): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt32LE(index, 0);
  writeTime(body, 4, time);
  return block(
    STATISTICS,
    body,
    options([
      [OPTION.received, long(received)],
      [OPTION.dropped, long(dropped)],
    ]),
  );
}

function block(type: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 12);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, ...parts, head.subarray(4)]);
}

const options = (known: readonly (readonly [number, Buffer])[]): Buffer =>
  Buffer.concat(
    [...known, [OPTION.end, Buffer.alloc(0)] as const].flatMap(([code, value]) => {
      const head = Buffer.alloc(4);
      head.writeUInt16LE(code, 0);
      head.writeUInt16LE(value.length, 2);
      return [head, padded(value)];
    }),
  );

/** The upper half comes first, whatever the order of bytes. */
function writeTime(body: Buffer, at: number, time: bigint): void {
  body.writeUInt32LE(Number(time >> 32n), at);
  body.writeUInt32LE(Number(time & 0xffffffffn), at + 4);
}

const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const text = (value: string): Buffer => Buffer.from(value).subarray(0, LONGEST_TEXT);
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
