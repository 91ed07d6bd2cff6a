/** Machines that are stopped when a step wants them, in schedules of many steps. */
import test from 'ava';
import { absences } from '../../../src/scenario/presence.js';
import { stepsOf } from '../../helpers/scenarios.js';

const ROUNDS = 450;
const LAST = `  - { exec: { machine: alice, run: [date] } }`;
const round = (when: (second: number) => string) => (_: unknown, index: number) =>
  `  - { ${when(2 * index)}stop: alice }\n  - { ${when(2 * index + 1)}start: alice }\n`;

const FORMS = {
  'one after the other': round(() => ''),
  'each at its time': round((second) => `at: ${second}s, `),
};

for (const [form, of] of Object.entries(FORMS))
  test(`hundreds of stops are judged, ${form}`, (t) => {
    const steps = stepsOf(`${Array.from({ length: ROUNDS }, of).join('')}${LAST}`);
    t.is(steps.length, 2 * ROUNDS + 1);
    t.deepEqual(absences(steps), []);
  });

test('a stop that nothing follows is found behind hundreds that are followed', (t) => {
  const steps = stepsOf(`${Array.from({ length: ROUNDS }, FORMS['one after the other']).join('')}${LAST}`);
  const [stop, start, exec] = steps.slice(-3);
  if (!stop || !start || !exec) throw new Error('too few steps');
  const found = absences([...steps.slice(0, -2), { ...exec, start: { after: stop.name, delay: 0 } }]);
  t.deepEqual(
    found.map(({ step, message }) => [step.id, message]),
    [[exec.id, `alice is stopped by then, in line ${stop.line}`]],
  );
});
