/** Many names or addresses as few words. */
import { address, compare, formatAddress } from '../../core/ip.js';

/** Runs that are written out; of more only the first and the last. */
const RUNS = 3;

type Run<T> = { readonly first: T; readonly last: T };

function runsOf<T>(items: readonly T[], follows: (before: T, after: T) => boolean): Run<T>[] {
  const runs: Run<T>[] = [];
  for (const item of items) {
    const run = runs.at(-1);
    if (run && follows(run.last, item)) runs[runs.length - 1] = { first: run.first, last: item };
    else runs.push({ first: item, last: item });
  }
  return runs;
}

function runsText<T>(runs: readonly Run<T>[], show: (item: T) => string, dash: string): string {
  const [first] = runs;
  const last = runs.at(-1);
  if (!first || !last) return '';
  if (runs.length > RUNS) return `${show(first.first)} … ${show(last.last)}`;
  return runs
    .map((run) => (run.first === run.last ? show(run.first) : `${show(run.first)}${dash}${show(run.last)}`))
    .join(', ');
}

const numberOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
const stemOf = (name: string): string => name.replace(/\d+$/, '');

/** `peer-1 … peer-50`, `peer-1, peer-7`. */
export function namesText(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort((a, b) =>
    stemOf(a) === stemOf(b) ? numberOf(a) - numberOf(b) : stemOf(a) < stemOf(b) ? -1 : 1,
  );
  const follows = (a: string, b: string): boolean =>
    stemOf(a) === stemOf(b) && stemOf(a) !== a && numberOf(b) === numberOf(a) + 1;
  return runsText(runsOf(sorted, follows), (name) => name, ' … ');
}

/** `10.0.0.1 – 10.0.0.50`; with gaps `10.0.0.1 … 10.0.9.50`. */
export function addressesText(addresses: readonly string[]): string {
  const sorted = [...new Set(addresses)].map(address).sort(compare);
  const follows = (a: (typeof sorted)[0], b: (typeof sorted)[0]): boolean =>
    a.family === b.family && b.value === a.value + 1n;
  return runsText(runsOf(sorted, follows), formatAddress, ' – ');
}

/** The first and the last of several, in the order of the lab. */
export function endsText(texts: readonly string[]): string {
  const [first = ''] = texts;
  const last = texts.at(-1) ?? first;
  return first === last ? first : `${first} … ${last}`;
}
