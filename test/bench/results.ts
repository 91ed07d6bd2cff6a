/** What the benchmark found, as data. */
import type { Answers } from './answers.js';
import type { FloorRound } from './floor.js';
import type { LabnetRound } from './labnet.js';
import type { MininetRound } from './mininet.js';
import type { Startup } from './startup.js';
import { round } from './stats.js';

/** Medians; times in milliseconds. */
export type SizeResult = {
  readonly hosts: number;
  readonly floor: FloorRound;
  readonly labnet: LabnetRound;
  readonly mininet?: MininetRound;
  readonly answers: Answers;
  /** Megabytes (10^6 bytes) resident at most in `labnet up`. */
  readonly peakMemory: number;
};

export type Results = {
  readonly date: string;
  readonly machine: { readonly kernel: string; readonly node: string; readonly processors: number };
  readonly startup: Startup;
  readonly sizes: readonly SizeResult[];
  readonly ratios: Ratios;
};

/** What can be compared between machines: times against times of the same run, by name. */
export type Ratios = Readonly<Record<string, number>>;

export function ratiosOf(startup: Startup, sizes: readonly SizeResult[]): Ratios {
  const entries = sizes.flatMap(({ hosts, floor, labnet, mininet }) => [
    [`wan-${hosts} labnet up / floor up`, labnet.up / floor.total],
    // The floor's own is a few milliseconds, of which hardly two are alike.
    [`wan-${hosts} labnet down / node`, labnet.down / startup.node],
    [`wan-${hosts} mininet up / labnet up`, mininet && mininet.up / labnet.up],
    [`wan-${hosts} mininet down / labnet down`, mininet && mininet.down / labnet.down],
  ]);
  const starts = [
    ['labnet --help / node', startup.help / startup.node],
    ['labnet validate / node', startup.validate / startup.node],
  ];
  const known = [...entries, ...starts].filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, round(value)]));
}

const NOTABLE = 1.25;

/** Ratios that differ by more than a quarter from what they were; a warning, as machines differ too. */
export function differences(now: Ratios, baseline: Ratios): string[] {
  return Object.entries(now).flatMap(([name, value]) => {
    const was = baseline[name];
    if (was === undefined || Math.max(value / was, was / value) <= NOTABLE) return [];
    return [`${name}: ${value}, was ${was} in test/bench/baseline.json`];
  });
}
