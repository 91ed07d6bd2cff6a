/** The transcontinental example on a kernel that has netem: 86 ms by cable, an outage, 540 ms by satellite, and back without a loss. */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import type { Manifest } from '../helpers/scenario-runs.js';
import { between, longestOutage, lossOf, medianOf, readSeries } from '../helpers/series.js';
import { unless } from '../helpers/unless.js';
import { runInGuest, whyNoKernel } from './kernel.js';

guardMachine(test);

const run = unless(whyNoKernel());

const SCENARIO = 'topologies/scenarios/transcontinental.scenario.yaml';
const SCRIPT = `
node dist/src/cli.js run ${SCENARIO} --out /run/test/results >/run/test/said 2>&1
echo $? >/run/test/status
node dist/src/cli.js list --json >/run/test/list
`;

/** Milliseconds that emulated processors add to a round trip, at most, also where other guests run beside: netem.test.ts is exact. */
const EMULATED = 50;

run('a cable is cut: an outage, then twice the way to a satellite, then the cable again', async (t) => {
  const { read } = await runInGuest(SCRIPT, {}, 600_000);
  const said = read('said');
  t.is(read('status'), '0\n', said);
  const { status, steps, files } = JSON.parse(read('results/manifest.json')) as Manifest;
  t.is(status, 'passed', said);
  t.deepEqual(
    steps.filter(({ status: how }) => how === 'skipped' || how === 'error'),
    [],
  );
  t.true(files.some(({ path }) => path === 'series/app.csv'));
  t.regex(read('results/commands/frankfurt-watch.stdout'), /via 198\.51\.100\.34\n.*via 198\.51\.100\.2\n$/s);
  t.regex(read('results/commands/virginia-watch.stdout'), /via 198\.51\.100\.33\n.*via 198\.51\.100\.1\n$/s);

  const time = (step: string, when: 'started' | 'ended'): number =>
    steps.find(({ id }) => id === step)?.[when] ?? NaN;
  const [cut, mend] = [time('cut', 'ended'), time('mend', 'ended')];
  const rows = readSeries(read('results/series/app.csv'));
  t.true(rows.length > 600, `${rows.length} rows`);
  t.deepEqual(
    rows.map(({ sequence }) => sequence),
    rows.map((_, index) => index + 1),
  );

  const before = between(rows, 2_000, time('cut', 'started'));
  const outage = longestOutage(rows);
  const sky = between(rows, time('by-satellite', 'ended'), time('mend', 'started'));
  const back = between(rows, time('virginia-by-cable', 'ended'), Infinity);
  t.log(`by cable ${medianOf(before)} ms, ${lossOf(before) * 100} % lost of ${before.length}`);
  t.log(`outage ${((outage?.to ?? NaN) - (outage?.from ?? NaN)) / 1_000} s, ${outage?.packets} packets`);
  t.log(`by satellite ${medianOf(sky)} ms, ${lossOf(sky) * 100} % lost of ${sky.length}`);
  t.log(`by cable again ${medianOf(back)} ms, ${lossOf(back) * 100} % lost of ${back.length}`);

  const isCable = (rtt: number): boolean => rtt >= 85 && rtt <= 86 + EMULATED;
  t.true(isCable(medianOf(before)), 'by cable');
  t.true(lossOf(before) < 0.03);
  const { from = NaN, to = NaN } = outage ?? {};
  t.true(from > time('cut', 'started') - 1_000 && from < cut + 1_000, `begins at ${from}`);
  t.true(to - from > 2_000 && to < time('by-satellite', 'ended'), `ends at ${to}`);
  t.true(medianOf(sky) >= 535 && medianOf(sky) <= 545 + 2 * EMULATED, 'by satellite');
  t.true(lossOf(sky) < 0.08);
  t.true(back.length > 10 && isCable(medianOf(back)), 'by cable again');
  // Both ways are there when routes go back: nothing is lost but by chance.
  t.true(lossOf(between(rows, mend, Infinity)) < 0.05);
  t.regex(read('results/summary.csv'), /by-satellite wait,ms/);
  t.deepEqual((JSON.parse(read('list')) as { labs: unknown[] }).labs, []);
});
