import test from 'ava';
import { State } from '../../../src/page/state.js';
import { counted, short, whole } from '../../../src/page/text.js';
import type { WireLab, WireRule, WireTick } from '../../../src/page/wire.js';

const LAB: WireLab = {
  ...{ version: 1, name: 'lab', driver: 'netns', file: '', created: '2026-01-01T00:00:00Z' },
  machines: [{ name: 'a', kind: 'host' }],
  interfaces: [
    { machine: 'a', name: 'eth0', segment: 'lan', addresses: ['10.0.0.1/24'] },
    { machine: 'b', name: 'eth0', segment: 'lan', addresses: ['10.0.0.2/24'] },
  ],
  ...{ links: [], nodes: {} },
};
const RULE: WireRule = { router: 'r', line: 1, title: 'masquerade', rule: '-j MASQUERADE' };

const tick = (at: number, more: Partial<WireTick> = {}): WireTick => ({
  ...{ at, interfaces: [], rules: [], counts: [], came: [], went: [] },
  ...more,
});
const connection = (id: number) => ({
  ...{ router: 'r', id, protocol: 'udp', source: 'a', destination: 'b' },
  ...{ answerSource: 'b', answerDestination: 'c' },
});

test('how fast counters rise: not by what was there before, and nothing where nothing is new', (t) => {
  const state = new State(LAB);
  state.take(tick(1_000, { interfaces: [[0, 1, 500, 100, 0, 0, 0]] }));
  t.like(state.interfaces[0], { received: 500, receivedRate: 0, sentRate: 0 });
  state.take(tick(1_500, { interfaces: [[0, 1, 510, 101, 0, 0, 0]] }));
  t.like(state.interfaces[0], { received: 510, receivedRate: 20, sentRate: 2 });
  t.like(state.interfaces[1], { received: 0, receivedRate: 0 });
  state.take(tick(2_000));
  t.like(state.interfaces[0], { received: 510, receivedRate: 0, sentRate: 0 });
  state.take(tick(2_500, { interfaces: [[0, 0, 510, 101, 0, 0, 3]] }));
  t.like(state.interfaces[0], { isUp: false, dropped: 3, receivedRate: 0 });
});

test('rules that are others begin without a rate', (t) => {
  const state = new State(LAB);
  state.setRules([RULE]);
  state.take(tick(1_000, { rules: [[0, 9, 90]] }));
  t.deepEqual(state.ruleCounts, [{ packets: 9, bytes: 90, rate: 0 }]);
  state.take(tick(2_000, { rules: [[0, 14, 140]] }));
  t.deepEqual(state.ruleCounts, [{ packets: 14, bytes: 140, rate: 5 }]);
  state.setRules([RULE, RULE]);
  state.take(tick(3_000, { rules: [[1, 100, 1]] }));
  t.deepEqual(
    state.ruleCounts.map(({ rate }) => rate),
    [0, 0],
  );
});

test('a connection that has ended is shown for a while; after a pause nothing of before is', (t) => {
  const state = new State(LAB);
  state.take(tick(1_000, { came: [connection(1), connection(2)], counts: [['r', 2]] }));
  state.take(tick(2_000, { went: [['r', 1]], counts: [['r', 1]] }));
  t.is(state.connections.get('r 1')?.ended, 2_000);
  t.is(state.connections.get('r 2')?.ended, undefined);
  state.take(tick(5_900));
  t.true(state.connections.has('r 1'));
  state.take(tick(6_100));
  t.deepEqual([...state.connections.keys()], ['r 2']);
  state.reset();
  t.is(state.connections.size + state.counts.size, 0);
  state.take(tick(60_000, { interfaces: [[0, 1, 500, 100, 0, 0, 0]] }));
  t.like(state.interfaces[0], { received: 500, receivedRate: 0 });
});

test('numbers are short', (t) => {
  t.deepEqual([0, 7, 9.94, 12.3, 999, 999.6, 1_234, 12_345, 999_999, 3.4e9].map(short), [
    '0',
    '7',
    '9.9',
    '12',
    '999',
    '1.0k',
    '1.2k',
    '12k',
    '1.0M',
    '3.4G',
  ]);
  t.is(whole(1_234_567), '1\u202f234\u202f567');
  t.deepEqual([counted(1, 'host'), counted(2, 'host')], ['1 host', '2 hosts']);
});
