/** Reads pcapng by the letter of its specification, of which labnet writes a part; what is malformed throws. */
import { Buffer } from 'node:buffer';

export type Pcapng = {
  readonly interfaces: { name: string; linkType: number; filter: string }[];
  readonly packets: { interface: number; time: bigint; length: number; data: Buffer }[];
  readonly statistics: { interface: number; received: bigint; dropped: bigint }[];
};

export function readPcapng(bytes: Buffer): Pcapng {
  const found: Pcapng = { interfaces: [], packets: [], statistics: [] };
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    if (length % 4 !== 0 || bytes.readUInt32LE(at + length - 4) !== length)
      throw new Error(`a block of ${length} at ${at}`);
    readBlock(found, bytes.readUInt32LE(at), bytes.subarray(at + 8, at + length - 4), at);
    at += length;
  }
  return found;
}

function readBlock(
  { interfaces, packets, statistics }: Pcapng,
  type: number,
  body: Buffer,
  at: number,
): void {
  if ((type === 0x0a0d0d0a) !== (at === 0)) throw new Error('a section that is not the first block');
  const time = (from: number): bigint =>
    (BigInt(body.readUInt32LE(from)) << 32n) | BigInt(body.readUInt32LE(from + 4));
  if (type === 0x0a0d0d0a) {
    if (body.readUInt32LE(0) !== 0x1a2b3c4d) throw new Error('another order of bytes');
  } else if (type === 1) {
    const options = optionsOf(body.subarray(8));
    if (options.get(9)?.[0] !== 9) throw new Error('not nanoseconds');
    const filter = options.get(11)?.subarray(1).toString() ?? '';
    interfaces.push({ name: options.get(2)?.toString() ?? '', linkType: body.readUInt16LE(0), filter });
  } else if (type === 6) {
    const captured = body.readUInt32LE(12);
    const one = { interface: body.readUInt32LE(0), time: time(4), length: body.readUInt32LE(16) };
    if (one.interface >= interfaces.length || captured > one.length) throw new Error(`a packet at ${at}`);
    packets.push({ ...one, data: Buffer.from(body.subarray(20, 20 + captured)) });
  } else if (type === 5) {
    const options = optionsOf(body.subarray(12));
    const count = (code: number): bigint => options.get(code)?.readBigUInt64LE() ?? -1n;
    statistics.push({ interface: body.readUInt32LE(0), received: count(4), dropped: count(5) });
  } else throw new Error(`a block of type ${type}`);
}

function optionsOf(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; bytes.readUInt16LE(at) !== 0;) {
    const length = bytes.readUInt16LE(at + 2);
    options.set(bytes.readUInt16LE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return options;
}
