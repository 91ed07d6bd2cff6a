/** Attributes within attributes (netlink(7)), visited in place. */
import type { Buffer } from 'node:buffer';

const TYPE_MASK = 0x3fff;

/** @param visit is told an attribute's type, where its payload begins and where it ends */
export function eachAttribute(
  bytes: Buffer,
  from: number,
  end: number,
  visit: (type: number, from: number, end: number) => void,
): void {
  for (let at = from; at + 4 <= end;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > end) return;
    visit(bytes.readUInt16LE(at + 2) & TYPE_MASK, at + 4, at + length);
    at += (length + 3) & ~3;
  }
}

/** Big-endian, as in netfilter; exact up to 2^53. */
export const count64be = (bytes: Buffer, at: number): number =>
  bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
