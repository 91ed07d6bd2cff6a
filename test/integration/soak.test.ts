/** Labs that come and go leave nothing behind in the process that made them, or elsewhere; `npm run soak` is the long one. */
import test from 'ava';
import { isRoot } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { leaksIn } from '../soak/judge.js';
import type { Resources } from '../soak/resources.js';
import { soak } from '../soak/run.js';
import { noSandbox } from '../soak/sandbox.js';

guardMachine(test);

/** LABNET_TEST_CYCLES=200 for more. */
const CYCLES = Number(process.env['LABNET_TEST_CYCLES'] ?? 5);

/** Of the command line, whose every step is a process of its own. */
const BY_CLI = Math.ceil(CYCLES / 2);

for (const asUser of isRoot ? [false, true] : [true]) {
  for (const way of ['library', 'cli'] as const) {
    const cycles = way === 'cli' ? BY_CLI : CYCLES;
    test.serial(`${cycles} cycles by the ${way}, as ${asUser ? 'an ordinary user' : 'root'}`, async (t) => {
      const missing = noSandbox(asUser);
      if (missing !== '') {
        t.log(`skipped: ${missing}`);
        t.pass();
        return;
      }
      t.timeout(120_000 + cycles * 60_000);
      const { counts, code, stderr } = await soak(way, cycles, asUser);
      t.is(code, 0, stderr);
      t.is(counts.length, cycles + 1);
      t.deepEqual(leaksIn(counts), []);
    });
  }
}

const STEADY: Resources = {
  fds: 20,
  threads: 11,
  heap: 14e6,
  resident: 80e6,
  processes: 2,
  namespaces: 8,
  mounts: 20,
  files: 4,
  keys: 8,
};

test('a leak of anything is found', (t) => {
  const cycles = (grow: Partial<Resources>, many: number): Resources[] =>
    Array.from({ length: many + 1 }, (_, i) => {
      const more = Object.entries(grow).map(([key, by]) => [key, STEADY[key as keyof Resources] + i * by]);
      return { ...STEADY, ...(Object.fromEntries(more) as Partial<Resources>) };
    });
  t.deepEqual(leaksIn(cycles({}, 5)), []);
  t.deepEqual(leaksIn(cycles({ resident: 300_000 }, 5)), [], 'memory is judged over a long time');
  for (const key of ['fds', 'threads', 'processes', 'namespaces', 'mounts', 'files', 'keys'] as const)
    t.is(leaksIn(cycles({ [key]: 1 }, 5)).length, 1, key);
  for (const [key, by] of [
    ['heap', 100_000],
    ['resident', 300_000],
  ] as const)
    t.is(leaksIn(cycles({ [key]: by }, 200)).length, 1, key);
  t.is(leaksIn([STEADY]).length, 1, 'and so is that nothing was done');
});
