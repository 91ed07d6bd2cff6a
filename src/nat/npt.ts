/** IPv6-to-IPv6 Network Prefix Translation: RFC 6296, as the kernel's SNPT and DNPT do it (iptables-extensions(8)). */
import type { Address, Prefix } from '../core/ip.js';
import { bitsOf } from '../core/ip.js';

/** Longer prefixes leave no room for the checksum adjustment (RFC 6296 section 3.5). */
export const LONGEST_PREFIX = 64;
/** Up to this length the subnet's 16 bits are adjusted, beyond it those of the interface id (RFC 6296 sections 3.4, 3.5). */
const SUBNET_LENGTH = 48;
const WORDS = 8;
const FULL = 0xffff;

/**
 * Translates an address from one prefix to another; with the prefixes swapped, back. The sum of the address stays the same,
 * so that TCP and UDP checksums stay valid.
 * @param from as long as `to`
 * @returns undefined for an address that RFC 6296 cannot translate, as no 16-bit word of it can be adjusted
 */
export function nptAddress(address: Address, from: Prefix, to: Prefix): Address | undefined {
  const rest = (1n << BigInt(bitsOf(6) - to.length)) - 1n;
  const words = wordsOf(to.value | (address.value & rest));
  const index = to.length <= SUBNET_LENGTH ? 3 : words.findIndex((word, at) => at > 3 && word !== FULL);
  const word = words[index];
  if (word === undefined) return undefined;
  // What the prefix has more in one's complement (RFC 1071), the word gets less.
  const sum = plus(plus(word, sumOf(from.value)), FULL - sumOf(to.value));
  words[index] = sum === FULL ? 0 : sum;
  return { family: 6, value: words.reduce((value, one) => (value << 16n) | BigInt(one), 0n) };
}

const wordsOf = (value: bigint): number[] =>
  Array.from({ length: WORDS }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));

const sumOf = (value: bigint): number => wordsOf(value).reduce(plus, 0);

function plus(a: number, b: number): number {
  const sum = a + b;
  return sum > FULL ? sum - FULL : sum;
}
