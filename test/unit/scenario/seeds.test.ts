/** The seed of a run in its topology: links draw by it, each direction for itself. */
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planRuns } from '../../../src/apply/run/load.js';
import { impairSteps } from '../../../src/plan/build.js';
import { partOf } from '../../../src/render/link-parts.js';
import { temporaryFolder } from '../../helpers/folder.js';

const TOPOLOGY = `name: seeded
segments: { lan: { subnet: 10.0.0.0/24, link: { loss: 1%, seed: "\${seed}" } } }
hosts:
  alice: { lan: 10.0.0.1 }
  bob: { lan: { address: 10.0.0.2, link: { loss: 2%, seed: "\${seed}" } } }
scenario:
  repeat: 2
  timeline: [{ exec: { machine: alice, run: [date] } }]
`;

/** By run: the seeds in the lines of tc. */
function seeds(seed: number): string[][] {
  const file = join(temporaryFolder('seeds'), 'seeded.yaml');
  writeFileSync(file, TOPOLOGY);
  return planRuns(file, { seed }).runs.map(({ states: [first] }) =>
    (first ? first.lab.machines.flatMap((machine) => impairSteps(machine)) : [])
      .flatMap((step) => partOf(step, () => true).lines)
      .map((line) => / seed (\d+)$/.exec(line)?.[1] ?? line),
  );
}

test('the same seed makes the same lines of tc, each direction of each link and each run its own', (t) => {
  const [first = [], second = []] = seeds(7);
  t.deepEqual(seeds(7), [first, second]);
  t.is(first.length, 3, 'alice up, bob up and down');
  t.is(new Set([...first, ...second]).size, 6);
  for (const seed of [...first, ...second]) t.regex(seed, /^\d+$/);
  // The second run of a seed is the first of the next.
  t.deepEqual(seeds(8)[0], second);
});
