/** RFC 6296: the address of one prefix in the other, by the RFC's own example and what it promises of all others. */
import test from 'ava';
import fc from 'fast-check';
import type { Prefix } from '../../../src/core/ip.js';
import { address, cidr, contains, formatAddress, prefixOf } from '../../../src/core/ip.js';
import { nptAddress } from '../../../src/nat/npt.js';

const shown = (text: string, from: string, to: string): string | undefined => {
  const found = nptAddress(address(text), cidr(from).prefix, cidr(to).prefix);
  return found && formatAddress(found);
};

test("the RFC's example, and its way back", (t) => {
  const [inside, outside] = ['fd01:203:405::/48', '2001:db8:1::/48'];
  t.is(shown('fd01:203:405:1::1234', inside, outside), '2001:db8:1:d550::1234');
  t.is(shown('2001:db8:1:d550::1234', outside, inside), 'fd01:203:405:1::1234');
});

test('of a prefix past /48 the first word of the interface that can be is adjusted', (t) => {
  const [inside, outside] = ['fd00:10::/64', '2001:db8:1::/64'];
  t.is(shown('fd00:10::2', inside, outside), '2001:db8:1:0:cf56::2');
  t.is(shown('fd00:10::ffff:2:3:4', inside, outside), '2001:db8:1:0:ffff:cf58:3:4');
  t.is(shown('fd00:10::ffff:ffff:ffff:ffff', inside, outside), undefined);
});

const sumOf = (value: bigint): number => {
  let sum = 0;
  for (let rest = value; rest > 0n; rest >>= 16n) sum += Number(rest & 0xffffn);
  return sum % 0xffff;
};

test('the sum of an address stays what it was, and the way back leads to it', (t) => {
  const bits = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), bits, bits, bits, (length, a, b, rest) => {
      const prefix = (value: bigint): Prefix => prefixOf({ family: 6, value }, length);
      const [from, to] = [prefix(a), prefix(b)];
      const one = { family: 6, value: from.value | (rest & ((1n << BigInt(128 - length)) - 1n)) } as const;
      const other = nptAddress(one, from, to);
      if (!other) return length > 48;
      const isNeutral = sumOf(one.value) === sumOf(other.value);
      const back = nptAddress(other, to, from);
      // Of a word the sum knows all ones and zero for the same, and zero is what it becomes (section 3.4).
      const hasFull = ((one.value >> 64n) & 0xffffn) === 0xffffn || length > 48;
      return isNeutral && contains(to, other) && (hasFull || back?.value === one.value);
    }),
  );
  t.pass();
});
