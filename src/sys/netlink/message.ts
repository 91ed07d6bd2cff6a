/** Netlink messages (netlink(7)): a batch of them in one buffer, with nested attributes. */
import { Buffer } from 'node:buffer';

export const NLM_F = {
  REQUEST: 1,
  ACK: 4,
  ROOT: 0x100,
  MATCH: 0x200,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
} as const;
const NLA_F_NESTED = 0x8000;
const HEADER = 16;

const align = (length: number): number => (length + 3) & ~3;

/**
 * Writes little-endian: what node runs on everywhere but s390x, where labnet says so (doctor). A large lab is a hundred thousand numbers, so they
 * are written as elements of arrays over the same memory: node's writeUInt32LE and the like take twice as long. Numbers in
 * netlink are aligned to their own size.
 */
export class Batch {
  #buffer = Buffer.alloc(1 << 16);
  #shorts = new Uint16Array(this.#buffer.buffer);
  #words = new Uint32Array(this.#buffer.buffer);
  #end = 0;
  #message = 0;
  readonly #open: number[] = [];
  /** How many messages it holds: the sequence number of each is its place. */
  count = 0;

  /** What was written so far; the next message may move it elsewhere. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }

  get length(): number {
    return this.#end;
  }

  /** Starts a message; the fixed part (ifinfomsg and the like) follows by u8, u16 and u32. */
  begin(type: number, flags: number): this {
    this.#reserve(HEADER);
    const at = this.#end;
    this.#message = at;
    this.#shorts[(at + 4) >> 1] = type;
    this.#shorts[(at + 6) >> 1] = flags | NLM_F.REQUEST;
    this.#words[(at + 8) >> 2] = this.count++;
    this.#words[(at + 12) >> 2] = 0;
    this.#end = at + HEADER;
    return this;
  }

  /** Adds messages that are written already, each with its own place in this batch for its sequence number. */
  add(written: Uint8Array): this {
    this.#reserve(written.length);
    this.#buffer.set(written, this.#end);
    for (
      const end = this.#end + written.length;
      this.#end < end;
      this.#end += this.#words[this.#message >> 2] ?? end
    ) {
      this.#message = this.#end;
      this.#words[(this.#end + 8) >> 2] = this.count++;
    }
    return this;
  }

  end(): this {
    this.#pad();
    this.#words[this.#message >> 2] = this.#end - this.#message;
    return this;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#end++] = value;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#shorts[this.#end >> 1] = value;
    this.#end += 2;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#words[this.#end >> 2] = value;
    this.#end += 4;
    return this;
  }

  attr(type: number, value: Uint8Array): this {
    const { length } = value;
    this.#attrHeader(type, length);
    this.#buffer.set(value, this.#end);
    this.#end += length;
    this.#pad();
    return this;
  }

  attrU8(type: number, value: number): this {
    this.#attrHeader(type, 1);
    this.u8(value);
    this.#pad();
    return this;
  }

  attrU32(type: number, value: number): this {
    this.#attrHeader(type, 4);
    this.#words[this.#end >> 2] = value;
    this.#end += 4;
    return this;
  }

  /** In network byte order. */
  attrU32be(type: number, value: number): this {
    const swapped = (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
    return this.attrU32(type, swapped);
  }

  /** With the zero byte at its end that the kernel expects. */
  attrText(type: number, text: string): this {
    const length = Buffer.byteLength(text);
    this.#attrHeader(type, length + 1);
    this.#buffer.write(text, this.#end);
    this.#buffer[this.#end + length] = 0;
    this.#end += length + 1;
    this.#pad();
    return this;
  }

  nest(type: number, fill: (batch: this) => void): this {
    this.#open.push(this.#end);
    this.#attrHeader(type | NLA_F_NESTED, 0);
    fill(this);
    const start = this.#open.pop() ?? 0;
    this.#shorts[start >> 1] = this.#end - start;
    return this;
  }

  /** The bytes to send; the last message asks for an answer, so that one comes whatever happens. */
  finish(): Buffer {
    const flags = (this.#message + 6) >> 1;
    this.#shorts[flags] = (this.#shorts[flags] ?? 0) | NLM_F.ACK;
    return this.bytes;
  }

  clear(): void {
    this.#end = 0;
    this.count = 0;
  }

  #attrHeader(type: number, length: number): void {
    this.#reserve(4 + length + 4);
    this.#shorts[this.#end >> 1] = 4 + length;
    this.#shorts[(this.#end + 2) >> 1] = type;
    this.#end += 4;
  }

  #pad(): void {
    this.#reserve(3);
    while ((this.#end & 3) !== 0) this.#buffer[this.#end++] = 0;
  }

  #reserve(more: number): void {
    if (this.#end + more > this.#buffer.length) this.#grow(more);
  }

  #grow(more: number): void {
    let size = this.#buffer.length * 2;
    while (size < this.#end + more) size *= 2;
    const larger = Buffer.alloc(size);
    larger.set(this.#buffer);
    this.#buffer = larger;
    this.#shorts = new Uint16Array(larger.buffer);
    this.#words = new Uint32Array(larger.buffer);
  }
}

export type Message = {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Buffer;
};

export function* messages(buffer: Buffer): Generator<Message> {
  for (let at = 0; at + HEADER <= buffer.length;) {
    const length = buffer.readUInt32LE(at);
    if (length < HEADER || at + length > buffer.length) return;
    yield {
      type: buffer.readUInt16LE(at + 4),
      flags: buffer.readUInt16LE(at + 6),
      sequence: buffer.readUInt32LE(at + 8),
      body: buffer.subarray(at + HEADER, at + length),
    };
    at += align(length);
  }
}

/** The attributes behind the fixed part of a message, by type. */
export function attributes(buffer: Buffer, from: number): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = from; at + 4 <= buffer.length;) {
    const length = buffer.readUInt16LE(at);
    if (length < 4 || at + length > buffer.length) break;
    found.set(buffer.readUInt16LE(at + 2) & 0x3fff, buffer.subarray(at + 4, at + length));
    at += align(length);
  }
  return found;
}

/** Text of an attribute, without the zero byte. */
export const textOf = (attribute: Buffer | undefined): string =>
  attribute?.toString('utf8').replace(/\0+$/, '') ?? '';
