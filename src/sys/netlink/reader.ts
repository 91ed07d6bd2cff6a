/** Reads attributes of a message (netlink(7)) in place: nothing is copied, as a large lab has a hundred thousand of them. */
import type { Buffer } from 'node:buffer';
import { formatAddress } from '../../core/ip.js';
import { readAddress } from './route.js';

/** Higher types are never read. */
const TYPES = 64;
const TYPE_MASK = 0x3fff;

/** One message's attributes by type, until the next is read. */
export class Attributes {
  readonly #places = new Int32Array(TYPES);
  readonly #ends = new Int32Array(TYPES);
  #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @param from where the first attribute begins, behind the fixed part of the message */
  read(bytes: Buffer, from: number, end: number): this {
    this.#bytes = bytes;
    this.#places.fill(0);
    for (let at = from; at + 4 <= end;) {
      const length = bytes.readUInt16LE(at);
      if (length < 4 || at + length > end) break;
      const type = bytes.readUInt16LE(at + 2) & TYPE_MASK;
      if (type < TYPES) {
        this.#places[type] = at + 4;
        this.#ends[type] = at + length;
      }
      at += (length + 3) & ~3;
    }
    return this;
  }

  has(type: number): boolean {
    return this.#at(type) > 0;
  }

  u8(type: number): number | undefined {
    const at = this.#at(type);
    return at > 0 ? this.#bytes.readUInt8(at) : undefined;
  }

  u32(type: number): number | undefined {
    const at = this.#at(type);
    return at > 0 ? this.#bytes.readUInt32LE(at) : undefined;
  }

  u32be(type: number): number | undefined {
    const at = this.#at(type);
    return at > 0 ? this.#bytes.readUInt32BE(at) : undefined;
  }

  i32(type: number): number | undefined {
    const at = this.#at(type);
    return at > 0 ? this.#bytes.readInt32LE(at) : undefined;
  }

  /** Without the zero byte at its end; empty if there is none. */
  text(type: number): string {
    const at = this.#at(type);
    return at > 0 ? this.#bytes.toString('utf8', at, this.#end(type) - 1) : '';
  }

  /** The raw bytes; empty if there are none. */
  hex(type: number): string {
    const at = this.#at(type);
    return at > 0 ? this.#bytes.toString('hex', at, this.#end(type)) : '';
  }

  /** `02:00:00:00:00:01`; empty if there is none. */
  mac(type: number): string {
    let text = '';
    const end = this.#end(type);
    for (let at = this.#at(type); at > 0 && at < end; at++)
      text += `${text === '' ? '' : ':'}${HEX[this.#bytes.readUInt8(at)] ?? ''}`;
    return text;
  }

  /** An address as core/ip.ts writes it. */
  address(type: number): string | undefined {
    const at = this.#at(type);
    if (at === 0) return undefined;
    const end = this.#end(type);
    const byte = (offset: number): number => this.#bytes.readUInt8(at + offset);
    if (end - at === 4) return `${byte(0)}.${byte(1)}.${byte(2)}.${byte(3)}`;
    return formatAddress(readAddress(this.#bytes.subarray(at, end)));
  }

  #at(type: number): number {
    return this.#places[type] ?? 0;
  }

  #end(type: number): number {
    return this.#ends[type] ?? 0;
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
