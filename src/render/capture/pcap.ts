/** Reads what `tcpdump -w -` writes, as it comes. https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html */
import { Buffer } from 'node:buffer';

export type PcapHeader = {
  /** https://www.tcpdump.org/linktypes.html */
  readonly linkType: number;
  readonly snapLength: number;
};

export type PcapPacket = {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** Bytes on the wire; `data` may have fewer. */
  readonly length: number;
  readonly data: Buffer;
};

const HEADER = 24;
const RECORD = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** Of no link a packet is longer (libpcap's own limit). */
const LONGEST = 262_144;
const SECOND = 1_000_000_000n;

export class PcapReader {
  header: PcapHeader | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #isLittle = true;
  /** Nanoseconds of a fraction. */
  #unit = 1000n;

  /**
   * @returns the packets that are whole by now
   * @throws RangeError where it is no pcap
   */
  push(chunk: Buffer): PcapPacket[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = this.#readHeader(bytes);
    const packets: PcapPacket[] = [];
    while (this.header && bytes.length - at >= RECORD) {
      const captured = this.#number(bytes, at + 8);
      if (captured > LONGEST) throw new RangeError(`a packet of ${captured} bytes`);
      if (bytes.length - at < RECORD + captured) break;
      packets.push({
        time: BigInt(this.#number(bytes, at)) * SECOND + BigInt(this.#number(bytes, at + 4)) * this.#unit,
        length: this.#number(bytes, at + 12),
        data: bytes.subarray(at + RECORD, at + RECORD + captured),
      });
      at += RECORD + captured;
    }
    this.#rest = bytes.subarray(at);
    return packets;
  }

  #readHeader(bytes: Buffer): number {
    if (this.header || bytes.length < HEADER) return 0;
    this.#isLittle = [MICROSECONDS, NANOSECONDS].includes(bytes.readUInt32LE(0));
    const magic = this.#number(bytes, 0);
    if (magic !== MICROSECONDS && magic !== NANOSECONDS) throw new RangeError('not a pcap');
    this.#unit = magic === NANOSECONDS ? 1n : 1000n;
    // The upper bits tell of check sequences, not of the link.
    this.header = { snapLength: this.#number(bytes, 16), linkType: this.#number(bytes, 20) & 0x0fffffff };
    return HEADER;
  }

  #number(bytes: Buffer, at: number): number {
    return this.#isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}

/** As a file begins, with times in microseconds. */
export function pcapHeader({ linkType, snapLength }: PcapHeader): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32LE(MICROSECONDS, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(snapLength, 16);
  bytes.writeUInt32LE(linkType, 20);
  return bytes;
}

export function pcapRecord({ time, length, data }: PcapPacket): Buffer {
  const bytes = Buffer.alloc(RECORD + data.length);
  bytes.writeUInt32LE(Number(time / SECOND), 0);
  bytes.writeUInt32LE(Number((time % SECOND) / 1000n), 4);
  bytes.writeUInt32LE(data.length, 8);
  bytes.writeUInt32LE(length, 12);
  data.copy(bytes, RECORD);
  return bytes;
}
