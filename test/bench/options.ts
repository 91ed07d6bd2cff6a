import { parseArgs } from 'node:util';
import { inRoot } from './processes.js';
import { HOSTS_PER_SITE } from './wan.js';

export const PARTS = ['startup', 'labs', 'mesh', 'growth', 'data', 'ssh'] as const;
export type Part = (typeof PARTS)[number];

export type BenchOptions = {
  readonly parts: ReadonlySet<Part>;
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly mininetRounds: (hosts: number) => number;
  readonly growthSizes: readonly [number, number];
  /** Hosts of the lab on machines that are reached over SSH; there is a router for ten of them. */
  readonly sshHosts: number;
  /** Of each measurement of the data plane. */
  readonly seconds: number;
  readonly out: string;
};

/** Mininet takes more than a minute for a thousand hosts. */
const LARGE = 500;

export const HELP = `Measures labnet against the kernel's floor and Mininet, by labs of the shape wan-N.

  npm run bench -- [options]
  --parts ${PARTS.join(',')}
                          startup: node, --help, validate; labs: up, change, verify, down, memory, by size; mesh: every pair of a
                          lab's hosts; growth: each command's cost a host, small and large; data: TCP, UDP and round trips; ssh: machines over SSH, against ssh(1) with
                          the same scripts
  --sizes 10,100,1000     numbers of hosts, multiples of ten
  --growth 200,2000       the two sizes that growth compares
  --ssh-hosts 20          hosts that are reached over SSH, a multiple of ten
  --rounds 3              of everything; medians are shown
  --mininet-rounds 3      of Mininet; default: as many, and 1 from ${LARGE} hosts on
  --no-mininet
  --seconds 2             of each measurement of data
  --quick                 sizes 10 and 100, growth from 20 to 200, one round, one second: a minute or two
  --out FILE              default: test/bench/results/latest.json

Ratios are compared with those of test/bench/baseline.json, which is such a file of an earlier run.`;

const MOST_HOSTS = 5000;
const MOST_ROUNDS = 20;
const MOST_SECONDS = 60;

const QUICK = { sizes: '10,100', growth: '20,200', ssh: '10', rounds: '1', seconds: '1' } as const;
const WHOLE = { sizes: '10,100,1000', growth: '200,2000', ssh: '20', rounds: '3', seconds: '2' } as const;

/** Undefined where help is wanted. */
export function readOptions(args = process.argv.slice(2)): BenchOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: 'string', default: PARTS.join(',') },
      sizes: { type: 'string' },
      growth: { type: 'string' },
      'ssh-hosts': { type: 'string' },
      rounds: { type: 'string' },
      'mininet-rounds': { type: 'string' },
      'no-mininet': { type: 'boolean', default: false },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: inRoot('test/bench/results/latest.json') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const defaults = values.quick ? QUICK : WHOLE;
  const rounds = wholeNumber(values.rounds ?? defaults.rounds, MOST_ROUNDS);
  const given = values['mininet-rounds'];
  const wanted = given === undefined ? undefined : wholeNumber(given, MOST_ROUNDS);
  return {
    parts: new Set(values.parts.split(',').map(readPart)),
    sizes: (values.sizes ?? defaults.sizes).split(',').map(readSize),
    growthSizes: readGrowth(values.growth ?? defaults.growth),
    sshHosts: readSize(values['ssh-hosts'] ?? defaults.ssh),
    rounds,
    mininetRounds: (hosts) => (values['no-mininet'] ? 0 : (wanted ?? (hosts < LARGE ? rounds : 1))),
    seconds: wholeNumber(values.seconds ?? defaults.seconds, MOST_SECONDS),
    out: values.out,
  };
}

function readPart(text: string): Part {
  const part = PARTS.find((one) => one === text);
  if (part === undefined) throw new RangeError(`--parts ${text}: there are ${PARTS.join(', ')}`);
  return part;
}

function readGrowth(text: string): readonly [number, number] {
  const [few, many, ...more] = text.split(',').map(readSize);
  if (few === undefined || many === undefined || more.length > 0 || few >= many)
    throw new RangeError(`--growth ${text}: two sizes are wanted, the smaller one first`);
  return [few, many];
}

function readSize(text: string): number {
  const hosts = wholeNumber(text, MOST_HOSTS);
  if (hosts % HOSTS_PER_SITE !== 0) throw new RangeError(`${text}: hosts come in tens, a site each`);
  return hosts;
}

function wholeNumber(text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  throw new RangeError(`'${text}': a whole number from 1 to ${most} is wanted`);
}
