import test from 'ava';
import { Feed } from '../../../../src/apply/watch/feed.js';
import type { PlacedRule } from '../../../../src/apply/watch/rules.js';
import type { InterfaceCount, RouterSample, Sample } from '../../../../src/core/sample.js';

const interfaceCount = (index: number, received: number): InterfaceCount => ({
  ...{ index, received, isUp: true, sent: 2 },
  ...{ receivedBytes: 100, sentBytes: 200, dropped: 0 },
});
const rule = (router: string, place: string | undefined): PlacedRule => ({
  ...{
    router,
    place,
    line: 3,
    title: 'masquerade',
    packets: 1,
    bytes: 2,
    rule: `rule at ${place ?? 'nowhere'}`,
  },
});
const connection = (id: number) => ({
  ...{
    id,
    protocol: 'udp',
    source: 'a:1',
    destination: 'b:2',
    answerSource: 'b:2',
    answerDestination: 'c:3',
  },
});
const routerSample = (router: string, more: Partial<RouterSample>): RouterSample => ({
  ...{ router, isReloaded: false, rules: [], came: [], went: [] },
  ...more,
});
const sample = (interfaces: readonly InterfaceCount[], ...routers: readonly RouterSample[]): Sample => ({
  interfaces,
  routers,
});
const counted = (place: string, packets: number) => ({ place, packets, bytes: packets * 10 });

test('a tick has what is new alone, a snapshot all that is known', (t) => {
  const feed = new Feed();
  feed.take(sample([interfaceCount(0, 1), interfaceCount(1, 1)]), 1000);
  const tick = feed.take(sample([interfaceCount(1, 5)]), 2000);
  t.deepEqual(tick.interfaces, [[1, 1, 5, 2, 100, 200, 0]]);
  t.deepEqual(
    feed.snapshot(3000).interfaces.map(([index, , received]) => [index, received]),
    [
      [0, 1],
      [1, 5],
    ],
  );
});

test('counters find their rules by place, and those without a text are not told of', (t) => {
  const feed = new Feed();
  feed.take(
    sample([], routerSample('r1', { isReloaded: true, rules: [counted('p1', 4), counted('p2', 5)] })),
    1,
  );
  feed.setRules(new Map([['r1', [rule('r1', undefined), rule('r1', 'p2')]]]), ['r1', 'r2']);
  t.deepEqual(feed.snapshot(1).rules, [[1, 5, 50]]);
  t.deepEqual(
    feed.take(sample([], routerSample('r1', { rules: [counted('p1', 9), counted('p2', 6)] })), 2).rules,
    [[1, 6, 60]],
  );
  feed.setRules(new Map([['r2', [rule('r2', 'p1')]]]), ['r1', 'r2']);
  t.deepEqual(
    feed.rules.map(({ router }) => router),
    ['r1', 'r1', 'r2'],
  );
  t.deepEqual(
    feed.rules.map((one) => 'place' in one),
    [false, false, false],
  );
});

test('rules that are loaded anew have none of the old counters', (t) => {
  const feed = new Feed();
  feed.setRules(new Map([['r1', [rule('r1', 'p1'), rule('r1', 'p2')]]]), ['r1']);
  feed.take(sample([], routerSample('r1', { rules: [counted('p1', 4), counted('p2', 5)] })), 1);
  feed.take(sample([], routerSample('r1', { isReloaded: true, rules: [counted('p2', 0)] })), 2);
  t.deepEqual(feed.snapshot(2).rules, [[1, 0, 0]], 'p1 is not known again before its text is');
});

test('what no sample says of a rule, the program has that listed it', (t) => {
  const feed = new Feed();
  feed.take(sample([], routerSample('r1', { isReloaded: true })), 1);
  t.true(feed.setRules(new Map([['r1', [rule('r1', 'p1')]]]), ['r1']));
  t.deepEqual(feed.snapshot(1).rules, [[0, 1, 2]]);
  feed.take(sample([], routerSample('r1', { isReloaded: true })), 2);
  t.false(feed.setRules(new Map([['r1', [{ ...rule('r1', 'p1'), packets: 7 }]]]), ['r1']), 'the same rules');
  t.deepEqual(feed.snapshot(2).rules, [[0, 7, 2]]);
});

test('connections come and go, of each router by itself', (t) => {
  const feed = new Feed();
  const came = feed.take(
    sample(
      [],
      routerSample('r1', { came: [connection(7), connection(8)], connections: 2 }),
      routerSample('r2', { came: [connection(7)], connections: 1 }),
    ),
    1,
  );
  t.deepEqual(
    came.came.map(({ router, id }) => [router, id]),
    [
      ['r1', 7],
      ['r1', 8],
      ['r2', 7],
    ],
  );
  const went = feed.take(sample([], routerSample('r1', { went: [7], connections: 1 })), 2);
  t.deepEqual([went.came, went.went, went.counts], [[], [['r1', 7]], [['r1', 1]]]);
  const { came: there, counts } = feed.snapshot(3);
  t.deepEqual(
    there.map(({ router, id }) => [router, id]),
    [
      ['r1', 8],
      ['r2', 7],
    ],
  );
  t.deepEqual(counts, [
    ['r1', 1],
    ['r2', 1],
  ]);
  feed.clear();
  t.deepEqual(feed.snapshot(4), { at: 4, interfaces: [], rules: [], counts: [], came: [], went: [] });
});
