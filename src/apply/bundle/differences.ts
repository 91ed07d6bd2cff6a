/** Compares the bundles of two runs, file by file, ignoring counters, times and numbers that differ in every run. */
import type { Buffer } from 'node:buffer';
import { count } from '../../core/text.js';
import type { Files } from '../../transport/archive.js';
import { readVerdicts, readVersions } from './read.js';

export type Part = 'verdicts' | 'topology' | 'rules' | 'live rules' | 'settings' | 'addresses' | 'versions';

export type Difference = {
  readonly what: string;
  /** The lines that differ; empty where a side has none. */
  readonly before: string;
  readonly now: string;
};

export type Compared = {
  readonly part: Part;
  /** How many items of this part are the same. */
  readonly same: number;
  readonly differs: readonly Difference[];
};

export function compareRuns(before: Files, now: Files): Compared[] {
  const texts = (part: Part, pick: RegExp, plain: (text: string) => readonly string[]): Compared =>
    comparedLines(part, linesOf(before, pick, plain), linesOf(now, pick, plain));
  return [
    comparedValues('verdicts', readVerdicts(before), readVerdicts(now)),
    texts('topology', /^model\.json$/, lines),
    texts('rules', /^rendered\//, lines),
    texts('live rules', /^routers\/[^/]+\/(nft-ruleset|iptables-save|ip6tables-save)\.txt$/, plainRules),
    texts('settings', /^routers\/[^/]+\/sysctl\.txt$/, lines),
    texts('addresses', /^routers\/[^/]+\/(addresses|routes6?)\.txt$/, plainAddresses),
    comparedValues('versions', readVersions(before), readVersions(now)),
  ];
}

type Values = ReadonlyMap<string, string>;

function comparedValues(part: Part, before: Values, now: Values): Compared {
  const keys = [...new Set([...before.keys(), ...now.keys()])];
  const other = keys.filter((key) => before.get(key) !== now.get(key));
  return {
    part,
    same: keys.length - other.length,
    differs: other.map((what) => ({ what, before: before.get(what) ?? '', now: now.get(what) ?? '' })),
  };
}

type Lines = ReadonlyMap<string, readonly string[]>;

const linesOf = (files: Files, pick: RegExp, plain: (text: string) => readonly string[]): Lines =>
  new Map([...files].filter(([path]) => pick.test(path)).map(([path, data]) => [path, plain(textOf(data))]));

const textOf = (data: Buffer): string => data.toString('utf8');
const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** Lines that only one side has. The order is ignored, as programs list chains and tables in an order of their own. */
function comparedLines(part: Part, before: Lines, now: Lines): Compared {
  const paths = [...new Set([...before.keys(), ...now.keys()])];
  const differs = paths.flatMap((what): Difference[] => {
    const [old, current] = [before.get(what) ?? [], now.get(what) ?? []];
    const difference = { what, before: rest(old, current), now: rest(current, old) };
    return difference.before === '' && difference.now === '' ? [] : [difference];
  });
  return { part, same: paths.length - differs.length, differs };
}

const SHOWN = 12;

/** The lines that the first has more often than the second. */
function rest(from: readonly string[], without: readonly string[]): string {
  const left = new Map<string, number>();
  for (const line of without) left.set(line, (left.get(line) ?? 0) + 1);
  const only = from.filter((line) => {
    const times = left.get(line) ?? 0;
    left.set(line, times - 1);
    return times <= 0;
  });
  const more = only.length > SHOWN ? [`… and ${count(only.length - SHOWN, 'more line')}`] : [];
  return [...only.slice(0, SHOWN), ...more].join('\n');
}

/** Removes counters, times, and the elements of dynamic sets. */
const plainRules = (text: string): string[] =>
  lines(text.replace(/elements = \{[^}]*\}/g, ''))
    .filter((line) => !line.startsWith('#'))
    .map((line) =>
      line
        .replace(/^\[\d+:\d+\] /, '')
        .replace(/ \[\d+:\d+\]$/, '')
        .replace(/counter packets \d+ bytes \d+/g, 'counter'),
    );

/** Removes the interface numbers of the kernel, and the alignment. */
const plainAddresses = (text: string): string[] =>
  lines(text).map((line) => line.replace(/@\S+/, '').replace(/\s+/g, ' ').trim());
