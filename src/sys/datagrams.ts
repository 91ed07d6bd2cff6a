/** Many datagrams by one system call (sendmmsg(2), recvmmsg(2)): their headers and bytes are in memory that is reused. */
import type { Buffer } from 'node:buffer';
import { attempt, lastError } from './libc.js';
import { steadyMemory } from './memory.js';

/** struct mmsghdr, struct iovec and struct sockaddr_in6 with padding, on a 64-bit computer. */
const HEADER = 64;
const VECTOR = 16;
const NAME = 32;
const NAME_LENGTH = 8;
const VECTORS = 16;
const VECTOR_COUNT = 24;
const LENGTH = 56;
const MSG_DONTWAIT = 0x40;

export class Datagrams {
  /** Those of a datagram begin at `index * size`. */
  readonly bytes: Buffer;
  /** struct sockaddr of each, at `index * 32`. */
  readonly names: Buffer;
  readonly #headers: Buffer;
  readonly #vectors: Buffer;

  /** @param size bytes of a datagram at most */
  constructor(
    readonly most: number,
    readonly size: number,
  ) {
    const [headers, vectors, names, bytes] = [HEADER, VECTOR, NAME, size].map((each) =>
      steadyMemory(most * each),
    );
    if (!headers || !vectors || !names || !bytes) throw new TypeError('four of them');
    [this.#headers, this.#vectors, this.names, this.bytes] = [
      headers.bytes,
      vectors.bytes,
      names.bytes,
      bytes.bytes,
    ];
    for (let index = 0; index < most; index++) {
      const [header, vector] = [index * HEADER, index * VECTOR];
      this.#headers.writeBigUInt64LE(names.address + BigInt(index * NAME), header);
      this.#headers.writeBigUInt64LE(vectors.address + BigInt(vector), header + VECTORS);
      this.#headers.writeBigUInt64LE(1n, header + VECTOR_COUNT);
      this.#vectors.writeBigUInt64LE(bytes.address + BigInt(index * size), vector);
      this.#vectors.writeBigUInt64LE(BigInt(size), vector + 8);
    }
  }

  /** Sets the destination and the length of a datagram. */
  address(index: number, name: Buffer, length: number): void {
    name.copy(this.names, index * NAME);
    this.#headers.writeUInt32LE(name.length, index * HEADER + NAME_LENGTH);
    this.#vectors.writeUInt32LE(length, index * VECTOR + 8);
  }

  /** @returns how many were sent, or why the first could not be */
  send(fd: number, from: number, count: number): number | string {
    const sent = attempt('sendmmsg', fd, this.#headers.subarray(from * HEADER), count, MSG_DONTWAIT);
    return sent < 0 ? lastError() : sent;
  }

  /** @returns how many were there */
  receive(fd: number): number {
    for (let index = 0; index < this.most; index++)
      this.#headers.writeUInt32LE(NAME, index * HEADER + NAME_LENGTH);
    return Math.max(0, attempt('recvmmsg', fd, this.#headers, this.most, MSG_DONTWAIT, null));
  }

  lengthOf(index: number): number {
    return this.#headers.readUInt32LE(index * HEADER + LENGTH);
  }

  nameAt(index: number): Buffer {
    return this.names.subarray(index * NAME, index * NAME + NAME);
  }
}
