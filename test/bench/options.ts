import { parseArgs } from 'node:util';
import { inRoot } from './processes.js';
import { HOSTS_PER_SITE } from './wan.js';

export type BenchOptions = {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly mininetRounds: (hosts: number) => number;
  readonly out: string;
};

/** Mininet takes more than a minute for a thousand hosts. */
const LARGE = 500;

export const HELP = `Measures labnet against the kernel's floor and Mininet, by labs of the shape wan-N.

  npm run bench -- [options]
  --sizes 10,100,1000     numbers of hosts, multiples of ten
  --rounds 3              of floor and labnet; medians are shown
  --mininet-rounds 3      of Mininet; default: as many, and 1 from ${LARGE} hosts on
  --no-mininet
  --out FILE              default: test/bench/results/latest.json

Ratios are compared with those of test/bench/baseline.json, which is such a file of an earlier run.`;

const MOST_HOSTS = 5000;
const MOST_ROUNDS = 20;

/** Undefined where help is wanted. */
export function readOptions(): BenchOptions | undefined {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '10,100,1000' },
      rounds: { type: 'string', default: '3' },
      'mininet-rounds': { type: 'string' },
      'no-mininet': { type: 'boolean', default: false },
      out: { type: 'string', default: inRoot('test/bench/results/latest.json') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const rounds = wholeNumber(values.rounds, MOST_ROUNDS);
  const given = values['mininet-rounds'];
  const wanted = given === undefined ? undefined : wholeNumber(given, MOST_ROUNDS);
  return {
    sizes: values.sizes.split(',').map(readSize),
    rounds,
    mininetRounds: (hosts) => (values['no-mininet'] ? 0 : (wanted ?? (hosts < LARGE ? rounds : 1))),
    out: values.out,
  };
}

function readSize(text: string): number {
  const hosts = wholeNumber(text, MOST_HOSTS);
  if (hosts % HOSTS_PER_SITE !== 0) throw new RangeError(`--sizes ${text}: hosts come in tens, a site each`);
  return hosts;
}

function wholeNumber(text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  throw new RangeError(`'${text}': a whole number from 1 to ${most} is wanted`);
}
