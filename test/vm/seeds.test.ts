/**
 * What follows from a seed on a kernel whose netem takes one (Linux 6.5, here Debian's of backports, with its tc): the same seed
 * loses the same packets, whenever it is run again; another one others.
 */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import type { Row } from '../helpers/series.js';
import { readSeries } from '../helpers/series.js';
import { unless } from '../helpers/unless.js';
import { runInGuest, whyNoBackports } from './kernel.js';

guardMachine(test);

const run = unless(whyNoBackports());

const LAB = `name: seeded
segments: { wan: 10.0.0.0/24 }
hosts:
  alice:
    wan:
      address: 10.0.0.1
      link: { delay: { rtt: 60ms }, jitter: 10ms, loss: { mean: "\${mean}", burst: 2 }, seed: "\${seed}" }
  bob: { wan: 10.0.0.2 }
scenario:
  repeat: 2
  sweep: { mean: [5%, 20%] }
  timeline:
    - { name: wan, sample: { ping: alice -> bob, every: 20ms, for: 8s } }
`;

const RUNS = [1, 2, 3, 4];
const SCRIPT = `
uname -r >/run/test/kernel
for turn in first again other; do
  case $turn in other) seed=105 ;; *) seed=5 ;; esac
  node dist/src/cli.js run /run/test/seeded.yaml --seed $seed --out /run/test/$turn >/run/test/$turn.said 2>&1
  echo $? >/run/test/$turn.status
done
# What is missing is said where there is no such kernel or tc.
PATH=/usr/sbin:/usr/bin:/sbin:/bin node dist/src/cli.js run /run/test/seeded.yaml --out /run/test/old >/run/test/old.said 2>&1
echo $? >/run/test/old.status
`;

/** Packets at the end of a series that may be on their way when its time is over. */
const UNDER_WAY = 20;
/** How many an emulated computer sends is its own affair: both have sent so many. */
const together = (a: readonly Row[], b: readonly Row[]): readonly (readonly Row[])[] => {
  const count = Math.min(a.length, b.length) - UNDER_WAY;
  return [a.slice(0, count), b.slice(0, count)];
};

const lost = (rows: readonly Row[]): number[] =>
  rows.flatMap(({ sequence, rtt }) => (rtt === undefined ? [sequence] : []));

/** The median of how far two runs are apart, packet by packet, in milliseconds. */
function apart(a: readonly Row[], b: readonly Row[]): number {
  const other = new Map(b.map(({ sequence, rtt }) => [sequence, rtt]));
  const all = a.flatMap(({ sequence, rtt }) => {
    const second = other.get(sequence);
    return rtt === undefined || second === undefined ? [] : [Math.abs(rtt - second)];
  });
  return all.toSorted((x, y) => x - y)[Math.floor(all.length / 2)] ?? NaN;
}

run('the same seed: the same losses, and another seed: others', async (t) => {
  const { read } = await runInGuest(SCRIPT, { 'seeded.yaml': LAB }, 900_000, 'backports');
  t.log(read('kernel').trim());
  const turn = (name: string): Row[][] => {
    t.is(read(`${name}.status`), '0\n', read(`${name}.said`));
    return RUNS.map((number) => readSeries(read(`${name}/runs/000${number}/series/wan.csv`)));
  };
  const [first, again, other] = [turn('first'), turn('again'), turn('other')];
  for (const [index, rows] of first.entries()) {
    const [one = [], same = []] = together(rows, again[index] ?? []);
    const [before = [], different = []] = together(rows, other[index] ?? []);
    t.log(
      `run ${index + 1}: ${lost(one).length} of ${one.length} lost, again ${lost(same).length}, ${apart(one, same).toFixed(2)} ms apart;`,
      `${lost(before).length} of ${before.length}, with another seed ${lost(different).length}, ${apart(before, different).toFixed(2)} ms apart`,
    );
    t.true(one.length > 80 && lost(one).length > 0);
    t.deepEqual(lost(same), lost(one), `run ${index + 1}, again`);
    t.notDeepEqual(lost(different), lost(before), `run ${index + 1}, another seed`);
  }
  // The second run of a combination has a seed of its own.
  const [a = [], b = []] = together(first[0] ?? [], first[1] ?? []);
  t.notDeepEqual(lost(a), lost(b));
  t.is(read('old.status'), '1\n', read('old.said'));
  t.regex(read('old.said'), /link-unsupported.*seed/s);
});
