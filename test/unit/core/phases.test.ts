import test from 'ava';
import {
  addEngine,
  engineSpent,
  inPhase,
  keepTime,
  phase,
  spent,
  takeSpent,
  untilDone,
} from '../../../src/core/phases.js';

let now = 0;
const pass = (milliseconds: number): void => void (now += milliseconds);

test.serial('without a clock nothing is kept', (t) => {
  phase('parse');
  t.is(spent(), undefined);
  t.is(
    inPhase('plan', () => 7),
    7,
  );
});

test.serial('time is spent on what began last, and all of it on something', async (t) => {
  now = 50;
  keepTime(() => now, 'start', 0);
  phase('rest');
  pass(5);
  inPhase('parse', () => pass(10));
  t.throws(() =>
    inPhase('parse', () => {
      pass(2);
      throw new Error('no topology');
    }),
  );
  pass(1);
  await untilDone(
    'wait',
    Promise.resolve().then(() => pass(20)),
  );
  t.deepEqual(spent(), { start: 50, rest: 6, parse: 12, wait: 20 });
  pass(3);
  t.deepEqual(takeSpent(), { start: 50, rest: 9, parse: 12, wait: 20 });
  pass(4);
  t.deepEqual(takeSpent(), { rest: 4 });
});

test.serial('what engines say is added up, beside it', (t) => {
  addEngine({ links: 2, NAT: 1 });
  addEngine(undefined);
  addEngine({ links: 3 });
  t.deepEqual(engineSpent(), { links: 5, NAT: 1 });
});
