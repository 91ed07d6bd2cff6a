import test from 'ava';
import type { MeshOutcome, MeshRun } from '../../../src/core/mesh.js';
import { joinOutcomes, LOST_SHOWN, meshShares } from '../../../src/core/mesh.js';
import { enginesFor } from '../../../src/drivers/netns/mesh.js';

const runOf = (count: number): MeshRun => ({
  run: 1,
  hosts: Array.from({ length: count }, (_, index) => ({
    machine: `h${index}`,
    kind: 0,
    addresses: ['10.0.0.1'],
  })),
  choice: [[0]],
});

test('every host asks in one share, and no share is empty', (t) => {
  for (const [hosts, wanted] of [
    [1, 4],
    [3, 8],
    [10, 3],
    [1000, 2],
  ] as const) {
    const shares = meshShares(runOf(hosts), wanted);
    t.is(shares.length, Math.min(hosts, wanted));
    const asking = shares.flatMap(({ askers: { first, end } }) =>
      Array.from({ length: end - first }, (_, index) => first + index),
    );
    t.deepEqual(asking, [...Array(hosts).keys()]);
    t.true(shares.every(({ askers }) => askers.end > askers.first));
  }
});

const outcome = (lost: number, from: number, duration: number): MeshOutcome => ({
  pairs: 1000 + lost,
  answered: 1000,
  sent: 1000 + 3 * lost,
  again: lost,
  duplicates: 2,
  lost,
  lostPairs: Array.from({ length: Math.min(lost, LOST_SHOWN) }, (_, to) => ({ from, to })),
  duration,
});

test('outcomes add up, take as long as the longest, and show no more lost pairs than one', (t) => {
  const { lostPairs, ...joined } = joinOutcomes([outcome(700, 1, 80), outcome(600, 2, 120)]);
  t.deepEqual(joined, {
    pairs: 3300,
    answered: 2000,
    sent: 5900,
    again: 1300,
    duplicates: 4,
    lost: 1300,
    duration: 120,
  });
  t.is(lostPairs.length, LOST_SHOWN);
  t.is(lostPairs.filter(({ from }) => from === 1).length, 700);
});

test('an engine a processor, where there is enough for each to do', (t) => {
  t.is(enginesFor(10, 8), 1);
  t.is(enginesFor(200, 1), 1);
  t.is(enginesFor(200, 8), 2);
  t.is(enginesFor(1000, 2), 2);
  t.is(enginesFor(1000, 64), 8);
});
