/** `npm run fuzz -- --inputs 1000000`: many inputs, and every fault with the smallest input that shows it. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Fault, Report } from './fuzz.js';
import { fuzz } from './fuzz.js';

const USAGE = `npm run fuzz -- [--inputs N] [--seed N] [--from N] [--threads N] [--most N]

  --inputs   how many (LABNET_FUZZ_INPUTS; 20000)
  --seed     what they are made of (LABNET_FUZZ_SEED; another one in every run)
  --from     the number of the first one: what was found with number N comes again with --from N --inputs 1
  --threads  how many at the same time (one less than there are processors)
  --most     how many faults end the run (20)`;

const number = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    inputs: number,
    seed: number,
    from: number,
    threads: number,
    most: number,
    help: { type: 'boolean' },
  },
});

function numberOf(key: Exclude<keyof typeof values, 'help'>, otherwise: number): number {
  const text = values[key] ?? process.env[`LABNET_FUZZ_${key.toUpperCase()}`];
  const found = Number(text ?? otherwise);
  if (Number.isSafeInteger(found) && found >= 0) return found;
  console.error(`--${key} is '${text ?? ''}'\n\n${USAGE}`);
  process.exit(2);
}

if (values.help === true) {
  console.log(USAGE);
  process.exit(0);
}
const seed = numberOf('seed', Date.now() % 2 ** 31);
const from = numberOf('from', 0);
const to = from + numberOf('inputs', 20_000);
const started = performance.now();
let said = 0;

const line = ({ inputs, labs, rendered, slowest, faults }: Report): string => {
  const seconds = (performance.now() - started) / 1000;
  const written = Object.entries(rendered).map(([driver, many]) => `${driver} ${many}`);
  return `${seconds.toFixed(0)} s: ${inputs} inputs, ${labs} labs (${written.join(', ')}), ${faults.size} faults; slowest ${slowest.took.toFixed(0)} ms (${slowest.number}), ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`;
};

function tell(report: Report): void {
  if (performance.now() - said < 10_000) return;
  said = performance.now();
  console.log(line(report));
}

const shown = ({ what, number: at, input, times }: Fault): string =>
  `\n✗ ${what}\n  ${times} times, first with --seed ${seed} --from ${at} --inputs 1; the smallest input:\n${JSON.stringify(input.slice(0, 2_000))}${input.length > 2_000 ? ` (of ${input.length} characters)` : ''}`;

console.log(`seed ${seed}, inputs ${from} to ${to - 1}`);
const threads = numberOf('threads', Math.max(1, availableParallelism() - 1));
const report = await fuzz({ seed, from, to, threads, most: numberOf('most', 20), tell });
console.log(line(report));
console.log(
  Object.entries(report.codes)
    .sort(([, a], [, b]) => b - a)
    .map(([code, many]) => `${code} ${many}`)
    .join(', '),
);
for (const fault of report.faults.values()) console.log(shown(fault));
process.exitCode = report.faults.size > 0 ? 1 : 0;
