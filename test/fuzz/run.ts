/** `npm run fuzz -- --inputs 1000000`: many inputs, and every fault with the smallest input that shows it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Fault, Report } from './fuzz.js';
import { fuzz } from './fuzz.js';

const USAGE = `npm run fuzz -- [--inputs N] [--seed N] [--from N] [--threads N] [--share N] [--minutes N] [--most N] [--keep FOLDER]

  --inputs   how many (LABNET_FUZZ_INPUTS; 20000)
  --seed     what they are made of (LABNET_FUZZ_SEED; another one in every run)
  --from     the number of the first one: what was found with number N comes again with --from N --inputs 1 --share 1
  --threads  how many at the same time (one less than there are processors)
  --share    one lab in so many is also planned and rendered for a driver (8)
  --minutes  when it ends, however far it is
  --most     how many faults end the run (20)
  --keep     where the smallest input of every fault goes

Progress goes to stderr. Exit code 1 where anything was found.`;

const number = { type: 'string' } as const;
const NUMBERS = {
  inputs: number,
  seed: number,
  from: number,
  threads: number,
  share: number,
  minutes: number,
  most: number,
} as const;
const { values } = parseArgs({
  options: { ...NUMBERS, keep: { type: 'string' }, help: { type: 'boolean' } },
});

function numberOf(key: keyof typeof NUMBERS, otherwise: number): number {
  const text = values[key] ?? process.env[`LABNET_FUZZ_${key.toUpperCase()}`];
  const found = Number(text ?? otherwise);
  if ((Number.isSafeInteger(found) && found >= 0) || (text === undefined && found === Infinity)) return found;
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

function line({ inputs, labs, rendered, slowest, faults }: Report): string {
  const seconds = (performance.now() - started) / 1000;
  const written = Object.entries(rendered).map(([driver, many]) => `${driver} ${many}`);
  return [
    `${seconds.toFixed(0)} s: ${inputs} inputs (${(inputs / seconds).toFixed(0)}/s)`,
    `${labs} labs (rendered: ${written.join(', ')})`,
    `${faults.size} faults`,
    `slowest ${slowest.took.toFixed(0)} ms on the clock (${slowest.number})`,
    `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`,
  ].join(', ');
}

function tell(report: Report): void {
  if (performance.now() - said < 10_000) return;
  said = performance.now();
  console.error(line(report));
}

const shown = ({ what, number: at, input, times }: Fault): string =>
  `\n✗ ${what}\n  ${times} times, first with --seed ${seed} --from ${at} --inputs 1 --share 1; the smallest input:\n${JSON.stringify(input.slice(0, 2_000))}${input.length > 2_000 ? ` (of ${input.length} characters)` : ''}`;

console.error(`seed ${seed}, inputs ${from} to ${to - 1}`);
const report = await fuzz({
  seed,
  from,
  to,
  threads: Math.max(1, numberOf('threads', availableParallelism() - 1)),
  share: Math.max(1, numberOf('share', 8)),
  most: numberOf('most', 20),
  time: numberOf('minutes', Infinity) * 60_000,
  tell,
  found: (at, what) => console.error(`${at}: ${what}`),
});
console.log(`seed ${seed}, inputs from ${from}: ${line(report)}`);
console.log(
  Object.entries(report.codes)
    .sort(([, a], [, b]) => b - a)
    .map(([code, many]) => `${code} ${many}`)
    .join(', '),
);
for (const fault of report.faults.values()) {
  console.log(shown(fault));
  if (values.keep === undefined) continue;
  mkdirSync(values.keep, { recursive: true });
  writeFileSync(join(values.keep, `${seed}-${fault.number}.yaml`), fault.input);
  writeFileSync(join(values.keep, `${seed}-${fault.number}.txt`), `${fault.what}\n`);
}
process.exitCode = report.faults.size > 0 ? 1 : 0;
