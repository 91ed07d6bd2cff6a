import test from 'ava';
import fc from 'fast-check';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import * as ip from '../../../src/core/ip.js';

const value4 = fc.bigInt(0n, (1n << 32n) - 1n);
const value6 = fc.bigInt(0n, (1n << 128n) - 1n);
const address = fc.oneof(
  value4.map((value): ip.Address => ({ family: 4, value })),
  value6.map((value): ip.Address => ({ family: 6, value })),
);
const prefix = fc
  .tuple(address, fc.nat(128))
  .map(([one, length]) => ip.prefixOf(one, Math.min(length, ip.bitsOf(one.family))));

test('an address reads as what it was written from', (t) => {
  fc.assert(
    fc.property(address, (one) => {
      t.deepEqual(ip.parseAddress(ip.formatAddress(one)), one);
    }),
  );
  t.pass();
});

test('IPv6 is written as the URL standard writes it (RFC 5952), but for IPv4-mapped addresses', (t) => {
  const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0xab), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(sparse, (groups) => {
      const text = groups.map((group) => group.toString(16)).join(':');
      const parsed = ip.address(text);
      if (parsed.value >> 32n === 0xffffn) return;
      t.is(`[${ip.formatAddress(parsed)}]`, new URL(`http://[${text}]`).hostname);
    }),
  );
  t.pass();
});

test('text that is no address is refused', (t) => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '010.0.0.1',
    '1.2.3.-4',
    ' 1.2.3.4',
    'fe80::1%eth0',
    ':::',
    '1::2::3',
    '::g',
    '1.2.3.4/24',
  ]) {
    t.is(ip.parseAddress(text), undefined, text);
  }
});

test('a prefix needs a length of its family', (t) => {
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '::/129',
    '/8',
    '10.0.0.0/8/8',
    '10.0.1.300/24',
  ]) {
    t.is(ip.parseCidr(text), undefined, text);
  }
  t.is(ip.formatPrefix(ip.cidr('192.168.10.7/24').prefix), '192.168.10.0/24');
  t.is(ip.formatAddress(ip.cidr('192.168.10.7/24').address), '192.168.10.7');
});

test('containment agrees with node:net', (t) => {
  fc.assert(
    fc.property(prefix, address, (net, one) => {
      if (net.family !== one.family) return;
      const list = new BlockList();
      const type = net.family === 4 ? 'ipv4' : 'ipv6';
      list.addSubnet(ip.formatAddress(net), net.length, type);
      t.is(ip.contains(net, one), list.check(ip.formatAddress(one), type));
    }),
  );
  t.pass();
});

test('the host range leaves out network and broadcast, except where there is no room for them', (t) => {
  const range = (text: string): string[] => {
    const { first, last } = ip.hostRange(ip.cidr(text).prefix);
    return [ip.formatAddress(first), ip.formatAddress(last)];
  };
  t.deepEqual(range('192.168.1.0/24'), ['192.168.1.1', '192.168.1.254']);
  t.deepEqual(range('192.168.1.0/30'), ['192.168.1.1', '192.168.1.2']);
  t.deepEqual(range('192.168.1.0/31'), ['192.168.1.0', '192.168.1.1']);
  t.deepEqual(range('2001:db8::/64'), ['2001:db8::1', '2001:db8::ffff:ffff:ffff:ffff']);
});

test("a cover holds every address of an owner, nobody else's, and is at least half in use", (t) => {
  const owned = fc.array(fc.record({ value: fc.nat(300), owner: fc.constantFrom('a', 'b', 'c') }), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(owned, (items) => {
      const unique = [...new Map(items.map((item) => [item.value, item])).values()];
      const all = unique.map(({ value, owner }): ip.Owned => ({
        address: { family: 4, value: BigInt(value) },
        owner,
      }));
      const blocks = ip.cover(all);
      for (const { address: one, owner } of all) {
        t.deepEqual(
          blocks.filter((block) => ip.contains(block.prefix, one)).map((block) => block.owner),
          [owner],
        );
      }
      for (const block of blocks) {
        const inside = all.filter((one) => ip.contains(block.prefix, one.address)).length;
        t.true(BigInt(inside) * 2n >= ip.sizeOf(block.prefix));
      }
    }),
  );
  t.pass();
});

test('a prefix table finds the longest prefix', (t) => {
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 20 }), address, (prefixes, one) => {
      const table = new ip.PrefixTable<ip.Prefix>();
      for (const item of prefixes) table.add(item, item);
      const fitting = prefixes.filter((item) => ip.contains(item, one)).sort((a, b) => b.length - a.length);
      t.is(table.find(one)?.length, fitting[0]?.length);
    }),
  );
  t.pass();
});

test('what is an address is what node has for one, without a zone', (t) => {
  const part = fc.oneof(
    fc.nat(300).map(String),
    fc.constantFrom('', '00', '01', '0x1', '1e1', ' 1', '1 ', '+1'),
  );
  const dotted = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
  const ending = fc.constantFrom('', '.', '\n', ':', '::', '%eth0', '::1');
  fc.assert(
    fc.property(fc.oneof(dotted, fc.ipV4(), fc.ipV6(), fc.string()), ending, (text, end) => {
      const all = text + end;
      const wanted = isIPv4(all) ? 4 : isIPv6(all) && !all.includes('%') ? 6 : undefined;
      t.is(ip.parseAddress(all)?.family, wanted, all);
    }),
    { numRuns: 3_000 },
  );
});
