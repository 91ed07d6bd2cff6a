/** Summarises many runs: for each combination of a sweep, statistics of the measures and counts of the outcomes. */
import { groupBy } from '../core/group-by.js';
import type { Value, Values } from '../topology/values.js';

/** Statistics of numbers: half of them are between `q1` and `q3` (linear interpolation, R. Hyndman and Y. Fan 1996, type 7). */
export type Spread = {
  readonly n: number;
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
  readonly min: number;
  readonly max: number;
};

export type Measure = Spread & { readonly name: string; readonly unit: string };
/** How often a step had each outcome: `{ direct: 2 }`. */
export type Outcome = { readonly step: string; readonly counts: Readonly<Record<string, number>> };

export type Row = {
  readonly values: Values;
  readonly runs: number;
  readonly passed: number;
  readonly measures: readonly Measure[];
  readonly outcomes: readonly Outcome[];
};

/** The parts of a run that the summary needs. */
export type Summed = {
  readonly values: Values;
  readonly status: string;
  readonly measured: Readonly<Record<string, { readonly unit: string; readonly values: readonly number[] }>>;
  readonly outcomes: readonly { readonly step: string; readonly outcome: string }[];
};

/** @returns a row for each combination, in the order in which they came */
export function summaryOf(runs: readonly Summed[]): Row[] {
  return [...groupBy(runs, ({ values }) => JSON.stringify(values)).values()].map((some) => ({
    values: some[0]?.values ?? {},
    runs: some.length,
    passed: some.filter(({ status }) => status === 'passed').length,
    measures: measuresOf(some),
    outcomes: [
      ...groupBy(
        some.flatMap(({ outcomes }) => outcomes),
        ({ step }) => step,
      ),
    ].map(([step, all]) => ({
      step,
      counts: Object.fromEntries(
        [...groupBy(all, ({ outcome }) => outcome)].map(([outcome, { length }]) => [outcome, length]),
      ),
    })),
  }));
}

/** The values of all its runs together. */
function measuresOf(runs: readonly Summed[]): Measure[] {
  const all = runs.flatMap(({ measured }) => Object.entries(measured));
  return [...groupBy(all, ([name]) => name)].map(([name, found]) => ({
    name,
    unit: found[0]?.[1].unit ?? '',
    ...spreadOf(found.flatMap(([, { values }]) => values)),
  }));
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [low = NaN, high = low] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return Number((low + (high - low) * (place - Math.floor(place))).toPrecision(12));
  };
  return { n: sorted.length, median: at(0.5), q1: at(0.25), q3: at(0.75), min: at(0), max: at(1) };
}

const COLUMNS = [
  'kind',
  'name',
  'unit',
  'n',
  'median',
  'q1',
  'q3',
  'min',
  'max',
  'outcome',
  'count',
] as const;

/** CSV (RFC 4180), with a line for each measure and each outcome of each combination. */
export function summaryCsv(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const lines = rows.flatMap((row) => {
    const own = names.map((name) => row.values[name] ?? '');
    return linesOf(row).map((line) => [...own, ...COLUMNS.map((column) => line[column] ?? '')]);
  });
  return [[...names, ...COLUMNS], ...lines].map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

type Line = Partial<Record<(typeof COLUMNS)[number], Value>>;

const linesOf = ({ runs, passed, measures, outcomes }: Row): Line[] => [
  { kind: 'runs', name: 'passed', n: runs, outcome: 'passed', count: passed },
  ...measures.map((measure): Line => ({ kind: 'measure', ...measure })),
  ...outcomes.flatMap(({ step, counts }) => {
    const n = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return Object.entries(counts).map(([outcome, count]): Line => ({
      kind: 'outcome',
      name: step,
      n,
      outcome,
      count,
    }));
  }),
];

const quoted = (cell: Value): string => {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
