/** A timeline to steps: when each is, and what follows from the seed. */
import test from 'ava';
import fc from 'fast-check';
import { stepsOf } from '../../helpers/scenarios.js';

const EXEC = 'exec: { machine: alice, run: [echo, hello] }';
const times = (timeline: string, seed?: number): (number | undefined)[] =>
  stepsOf(timeline, seed).map(({ start }) => ('at' in start ? start.at : undefined));

test('a step that says no time comes after the one above it', (t) => {
  const steps = stepsOf(
    `  - { name: first, ${EXEC} }\n  - { ${EXEC} }\n  - { after: first, delay: 2s, ${EXEC} }`,
  );
  t.deepEqual(
    steps.map(({ id, start }) => [id, start]),
    [
      ['first', { at: 0 }],
      ['exec-2', { after: 'first', delay: 0 }],
      ['exec-3', { after: 'first', delay: 2000 }],
    ],
  );
});

test('every: so many times, or until a time, whichever is first', (t) => {
  t.deepEqual(times(`  - { at: 1s, every: 500ms, times: 3, ${EXEC} }`), [1000, 1500, 2000]);
  t.deepEqual(times(`  - { at: 1s, every: 500ms, until: 2s, ${EXEC} }`), [1000, 1500, 2000]);
  t.deepEqual(times(`  - { every: 1, until: 2.9, times: 100, ${EXEC} }`), [0, 1000, 2000]);
  t.deepEqual(
    stepsOf(`  - { name: a, ${EXEC} }\n  - { after: a, every: 1s, until: 1s, ${EXEC} }`).map(({ id }) => id),
    ['a', 'exec-2#1', 'exec-2#2'],
  );
});

test('within is a time of each turn, and only of what may be tried again', (t) => {
  const [first, second] = stepsOf(
    `  - { every: 1s, times: 2, within: 1.5s, check: { ping: alice -> server } }\n  - { ${EXEC} }`,
  );
  t.is(first?.within, 1500);
  t.is(second?.within, 1500);
  t.is(stepsOf(`  - { ${EXEC} }`)[0]?.within, undefined);
  for (const action of ['check: { ping: alice -> server }', 'verify: all', 'nat-probe: router', EXEC])
    t.is(stepsOf(`  - { within: 2, ${action} }`)[0]?.within, 2000, action);
});

test('a ramp goes from one value to the other, both included, in even steps', (t) => {
  const steps = stepsOf(
    '  - { at: 1s, ramp: { from: 0, to: 1, over: 4s, steps: 5 }, exec: { machine: alice, run: [echo, "${ramp}"] } }',
  );
  t.deepEqual(
    steps.map(({ start, text }) => [start, text]),
    [0, 0.25, 0.5, 0.75, 1].map((value, index) => [{ at: 1000 + index * 1000 }, `exec alice: echo ${value}`]),
  );
  const units = stepsOf(
    '  - { ramp: { from: 20ms, to: 80ms, over: 1s, steps: 3 }, exec: { machine: alice, run: [echo, "${ramp}"] } }',
  );
  t.deepEqual(
    units.map(({ text }) => text.split(' ').at(-1)),
    ['20ms', '50ms', '80ms'],
  );
});

test('a variable alone keeps its type, one within a text is text, and $${ is no variable', (t) => {
  const [step] = stepsOf(
    '  - { exec: { machine: alice, run: [echo, "${count}", "n=${count}", "$${count}"], expect-exit: "${count}" } }',
    1,
    'sweep: { count: [3] }\n',
  );
  t.deepEqual(step?.action, {
    kind: 'exec',
    value: { machine: 'alice', run: ['echo', '3', 'n=3', '${count}'], 'expect-exit': 3 },
  });
});

const CHOICES = `  - { every: 100ms, times: 20, jitter: 90ms, choose: { who: [alice, server, router] }, exec: { machine: "\${who}", run: [date] } }`;

test('the same seed makes the same schedule, and another one another', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
      const steps = stepsOf(CHOICES, seed);
      t.deepEqual(stepsOf(CHOICES, seed), steps);
      for (const [turn, { start }] of steps.entries()) {
        const late = 'at' in start ? start.at - turn * 100 : -1;
        t.true(late >= 0 && late < 90, String(late));
      }
    }),
    { numRuns: 30 },
  );
  t.notDeepEqual(stepsOf(CHOICES, 1), stepsOf(CHOICES, 2));
  const drawn = new Set(stepsOf(CHOICES, 1).map(({ text }) => text));
  t.is(drawn.size, 3);
});

test('what is chosen for a step does not follow from the other steps but their number', (t) => {
  const alone = stepsOf(`  - { at: 0s, ${EXEC} }\n${CHOICES}`).slice(1);
  const beside = stepsOf(`  - { at: 0s, every: 1s, times: 5, jitter: 1s, ${EXEC} }\n${CHOICES}`).slice(5);
  t.deepEqual(
    beside.map(({ text }) => text),
    alone.map(({ text }) => text),
  );
});
