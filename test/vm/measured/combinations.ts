/** Links that do several things to packets at once: what is written, and what follows. */
import { LINK_PRESETS } from '../../../src/link/presets.js';

export type Combination = {
  readonly link: string;
  /** Milliseconds there and back. */
  readonly trip: number;
  /** The standard deviation of that by jitter, milliseconds. */
  readonly spread: number;
  /** The share of round trips that are lost, 0 to 1. */
  readonly loss: number;
  /** How much losses depend on one another: of so many packets one says something new. */
  readonly dependence: number;
  /** Mbit/s; NaN where it is not measured. */
  readonly up: number;
  readonly down: number;
};

const TRIPS = [10, 30, 80, 200, 600];
const JITTERS = [
  undefined,
  { value: 1, distribution: 'uniform' },
  { value: 2, distribution: 'normal' },
] as const;
const LOSSES = [0, 1, 3, 10];
const RATES = [1, 2, 3, 5];
const QUEUES = ['50ms', '30 packets', '{ kind: fq-codel }', '{ kind: red }', '{ kind: cake }'];

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
const both = (one: number, other: number): number => 1 - (1 - one) * (1 - other);

/** Each value of each parameter beside many of the others: their numbers have no factor in common but for two fours. */
const SAME: readonly Combination[] = Array.from({ length: 20 }, (_, index) => {
  const [trip, jitter] = [at(TRIPS, index), at(JITTERS, index)];
  const [loss, rate] = [at(LOSSES, index), at(RATES, Math.floor(index / 5))];
  const queue = at(QUEUES, index + Math.floor(index / 5));
  return {
    link: [
      `{ delay: { rtt: ${trip}ms }`,
      ...(jitter ? [`jitter: { value: ${jitter.value}ms, distribution: ${jitter.distribution} }`] : []),
      ...(loss > 0 ? [`loss: ${loss}%`] : []),
      `rate: ${rate}mbit`,
      `queue: ${queue} }`,
    ].join(', '),
    ...{ trip, loss: both(loss / 100, loss / 100), dependence: 1 },
    // The same both ways, and one of them measured.
    ...(index % 2 === 0 ? { up: rate, down: NaN } : { up: NaN, down: rate }),
    spread: jitter ? jitter.value * Math.sqrt(jitter.distribution === 'uniform' ? 2 / 3 : 2) : 0,
  };
});

/** One thing up, another down; bursts; losses that depend on one another. */
const APART: readonly Combination[] = [
  {
    link: '{ up: { delay: { one-way: 10ms }, loss: 1%, rate: 1mbit }, down: { delay: { one-way: 35ms }, loss: 4%, rate: 4mbit } }',
    ...{ trip: 45, spread: 0, loss: both(0.01, 0.04), dependence: 1, up: 1, down: 4 },
  },
  {
    link: '{ up: { delay: { one-way: 60ms }, jitter: 3ms, rate: 500kbit, queue: 200ms }, down: { loss: 2%, rate: 5mbit } }',
    ...{ trip: 60, spread: Math.sqrt(3), loss: 0.02, dependence: 1, up: 0.5, down: 5 },
  },
  {
    link: '{ delay: { rtt: 40ms }, up: { loss: { mean: 4%, burst: 3 }, rate: 2mbit }, down: { rate: 3mbit } }',
    ...{ trip: 40, spread: 0, loss: 0.04, dependence: 5, up: 2, down: 3 },
  },
  {
    link: '{ delay: { rtt: 25ms }, up: { loss: { random: 3%, correlation: 40% }, rate: 3mbit }, down: { rate: 2mbit } }',
    ...{ trip: 25, spread: 0, loss: 0.03, dependence: 1.4 / 0.6, up: 3, down: 2 },
  },
];

type Written = { readonly rate?: unknown };
const mbit = ({ rate }: Written): number =>
  Number.parseFloat(String(rate)) * (String(rate).endsWith('gbit') ? 1_000 : 1);
const ms = (time: unknown): number => Number.parseFloat(String(time));

/** What an emulated processor can fill: those with more are measured by their delays and losses alone. */
const MOST = 30;

const PRESETS: readonly Combination[] = Object.entries(LINK_PRESETS).map(
  ([name, { both: ways, up, down }]) => {
    const { loss } = ways;
    const isBurst = typeof loss === 'object';
    const share = ms(isBurst ? loss.mean : (loss ?? 0)) / 100;
    const [there, back] = [mbit({ ...ways, ...up }), mbit({ ...ways, ...down })];
    return {
      link: name,
      trip: ms(ways.delay.rtt),
      spread: ms(ways.jitter) * Math.sqrt(2 / 3),
      loss: both(share, share),
      dependence: isBurst ? 2 * (loss.burst ?? 1) - 1 : 1,
      ...{ up: there > MOST ? NaN : there, down: back > MOST ? NaN : back },
    };
  },
);

export const COMBINATIONS: readonly Combination[] = [...SAME, ...APART, ...PRESETS];
