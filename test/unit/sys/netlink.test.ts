import test from 'ava';
import { Buffer } from 'node:buffer';
import { attributes, Batch, messages, textOf } from '../../../src/sys/netlink/message.js';
import { addAddress, addVeth, addressBytes, readAddress } from '../../../src/sys/netlink/route.js';
import { cidr } from '../../../src/core/ip.js';

test('a batch holds aligned messages, numbered, the last one asking for an answer', (t) => {
  const batch = new Batch();
  for (const text of ['a', 'bc', 'def']) batch.begin(16, 0).u32(7).attrText(3, text).end();
  const found = [...messages(batch.finish())];
  t.deepEqual(
    found.map(({ sequence, flags }) => [sequence, flags]),
    [
      [0, 1],
      [1, 1],
      [2, 5],
    ],
  );
  t.deepEqual(
    found.map(({ body }) => textOf(attributes(body, 4).get(3))),
    ['a', 'bc', 'def'],
  );
  t.is(batch.length % 4, 0);
});

test('a batch grows past its first buffer', (t) => {
  const batch = new Batch();
  for (let i = 0; i < 20_000; i++) batch.begin(16, 0).u32(i).end();
  t.is([...messages(batch.finish())].length, 20_000);
});

test('messages that are written already get places of their own in a batch', (t) => {
  const written = new Batch();
  for (const text of ['a', 'bcdefg', 'h']) written.begin(16, 0).u32(7).attrText(3, text).end();
  const batch = new Batch().begin(17, 0).end().add(written.bytes).begin(18, 0).end().add(written.bytes);
  const found = [...messages(batch.finish())];
  t.deepEqual(
    found.map(({ type, sequence, flags }) => [type, sequence, flags]),
    [17, 16, 16, 16, 18, 16, 16, 16].map((type, at) => [type, at, at === 7 ? 5 : 1]),
  );
  t.is(batch.count, 8);
  t.is(new Batch().add(written.bytes.subarray(0, 0)).count, 0);
});

test('a batch grows for messages that are longer than all of it', (t) => {
  const written = new Batch();
  for (let at = 0; at < 10_000; at++) written.begin(16, 0).u32(at).end();
  const batch = new Batch().add(written.bytes);
  t.is([...messages(batch.finish())].length, 10_000);
});

test('nested attributes hold what is inside them', (t) => {
  const batch = new Batch();
  addVeth(batch, {
    index: 5,
    name: 'a.0',
    master: 2,
    peer: { index: 2, name: 'eth0', mac: '02:00:00:00:00:01', namespace: 9 },
  });
  const [message] = [...messages(batch.finish())];
  const outer = attributes(message?.body ?? Buffer.alloc(0), 16);
  t.is(textOf(outer.get(3)), 'a.0');
  const info = attributes(outer.get(18) ?? Buffer.alloc(0), 0);
  t.is(textOf(info.get(1)), 'veth');
  const peer = attributes(attributes(info.get(2) ?? Buffer.alloc(0), 0).get(1) ?? Buffer.alloc(0), 16);
  t.is(textOf(peer.get(3)), 'eth0');
  t.is(peer.get(1)?.toString('hex'), '020000000001');
});

test('an IPv4 address has a broadcast address, one of IPv6 skips duplicate detection', (t) => {
  const of = (text: string) => {
    const batch = new Batch();
    const { address, prefix } = cidr(text);
    addAddress(batch, 2, address, prefix);
    const [message] = [...messages(batch.finish())];
    return { flags: message?.body[2] ?? 0, attributes: attributes(message?.body ?? Buffer.alloc(0), 8) };
  };
  t.is(of('10.0.0.1/24').attributes.get(4)?.toString('hex'), '0a0000ff');
  t.is(of('10.0.0.1/32').attributes.get(4), undefined);
  t.is(of('2001:db8::1/64').flags & 2, 2);
});

test('addresses survive the wire', (t) => {
  for (const text of ['10.1.2.3/8', '2001:db8::5/64']) {
    const { address } = cidr(text);
    t.deepEqual(readAddress(addressBytes(address)), address);
  }
});
