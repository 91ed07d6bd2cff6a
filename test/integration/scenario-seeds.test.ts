/** A sweep that is run again: with the same seed what is done and when is the same, with another one it is not. */
import test from 'ava';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import type { Manifest } from '../helpers/scenario-runs.js';
import { manifestOf, world } from '../helpers/scenario-runs.js';

guardMachine(test);

const LAB = `name: pair
segments: { lan: 10.0.0.0/24 }
hosts: { alice: { lan: 10.0.0.1 }, bob: { lan: 10.0.0.2 } }
scenario:
  repeat: 2
  sweep: { word: [one, two] }
  timeline:
    - at: 0s
      every: 40ms
      times: 6
      jitter: 30ms
      choose: { who: [alice, bob], much: [1, 2, 3] }
      exec: { machine: "\${who}", run: [echo, "\${word}", "\${much}", "\${seed}"] }
`;

/** Of each run, by its number: all that does not depend on the clock. */
type Planned = Pick<Manifest, 'seed' | 'schedule'> & { readonly planned: readonly unknown[] };

test('the same seed makes the same schedules and draws, another seed others', async (t) => {
  const labnet = world(t);
  const folder = temporaryFolder('seeds');
  const file = join(folder, 'pair.yaml');
  writeFileSync(file, LAB);
  const run = async (name: string, seed: number): Promise<Planned[]> => {
    const out = join(folder, name);
    const { code, stdout } = await labnet.run('run', file, '--out', out, '--seed', `${seed}`, '--jobs', '2');
    t.is(code, 0, stdout);
    return readdirSync(join(out, 'runs')).map((number) => {
      const { seed: own, schedule, steps } = manifestOf(join(out, 'runs', number));
      return { seed: own, schedule, planned: steps.map(({ id, planned }) => [id, planned]) };
    });
  };
  const first = await run('first', 5);
  t.is(first.length, 4);
  t.deepEqual(
    first.map(({ seed }) => seed),
    [5, 6, 5, 6],
  );
  t.deepEqual(await run('again', 5), first);
  const other = await run('other', 105);
  t.is(other.length, 4);
  for (const [index, { schedule, planned }] of other.entries()) {
    t.notDeepEqual(planned, first[index]?.planned, 'jitter');
    t.notDeepEqual(schedule, first[index]?.schedule, 'draws');
  }
  // Combinations differ in what they say, and not in when.
  t.deepEqual(first[0]?.planned, first[2]?.planned);
});
