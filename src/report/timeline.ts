/** Runs of a scenario for people: each step as it is done, and what all runs came to. */
import type { PlannedRun, RunPlan } from '../apply/run/load.js';
import type { RunReport } from '../apply/run/index.js';
import type { RunResult } from '../apply/run/one.js';
import type { StepResult } from '../apply/run/step-result.js';
import { count } from '../core/text.js';
import type { Measure, Row } from '../scenario/summary.js';
import { valuesText } from '../scenario/sweep.js';
import { timeText } from '../scenario/time.js';
import { seconds } from './lab.js';
import type { Style } from './style.js';
import { columns } from './style.js';

/** Milliseconds past which a step is said to be late. */
const LATE = 20;

const clock = (time: number): string => `${(time / 1_000).toFixed(3).padStart(9)} s`;

export function stepLine(
  { started = 0, planned = 0, text, status, isGood, detail }: StepResult,
  style: Style,
): string {
  const mark = !isGood ? style.red('✗') : status === 'pass' ? style.green('✓') : style.yellow('·');
  const late = started - planned;
  const lateness = late > LATE ? style.yellow(` (${Math.round(late)} ms late)`) : '';
  return `${clock(started)}  ${mark} ${text}${lateness} ${style.dim(detail)}`;
}

export function runLine(
  { index, values, repeat, seed, status, duration, steps, problems }: RunResult,
  total: number,
  style: Style,
): string {
  const bad = steps.find(({ isGood }) => !isGood);
  const why = bad ? `: ${bad.text}: ${bad.detail}` : problems[0] ? `: ${problems[0].message}` : '';
  const mark = status === 'passed' ? style.green('✓') : style.red('✗');
  const what = [
    `${String(index).padStart(String(total).length)}/${total}`,
    valuesText(values),
    `run ${repeat}, seed ${seed}`,
  ];
  return `${mark} ${what.filter((part) => part !== '').join('  ')}  ${style.dim(seconds(duration))}${status === 'passed' ? '' : ` ${status}${why}`}`;
}

export function reportText(report: RunReport, shownFolder: string, style: Style): string {
  const { name, status, runs, summary } = report;
  const good = runs.filter((run) => run.status === 'passed').length;
  const mark = status === 'passed' ? style.green('✓') : style.red('✗');
  const counted =
    runs.length === 1
      ? status
      : `${good} of ${count(runs.length, 'run')} passed${status === 'stopped' ? ', then stopped' : ''}`;
  return [
    ...problemLines(runs, style),
    ...(hasNumbers(summary) ? ['', summaryText(summary, style)] : []),
    '',
    `${mark} ${style.bold(name)}: ${counted}; results in ${shownFolder}`,
  ].join('\n');
}

const problemLines = (runs: readonly RunResult[], style: Style): string[] =>
  runs.length === 1
    ? (runs[0]?.problems ?? []).map(
        ({ message, fix }) => `${style.red('✗')} ${message}${fix === undefined ? '' : `\n    fix: ${fix}`}`,
      )
    : [];

const hasNumbers = (rows: readonly Row[]): boolean =>
  rows.some(({ measures, outcomes }) => measures.length + outcomes.length > 0);

/** A row for each combination; of measures the median and the middle half. */
export function summaryText(rows: readonly Row[], style: Style): string {
  const variables = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const steps = [...new Set(rows.flatMap(({ outcomes }) => outcomes.map(({ step }) => step)))];
  const names = [...new Set(rows.flatMap(({ measures }) => measures.map(({ name }) => name)))];
  const [head = '', ...lines] = columns(
    [
      [...variables, 'passed', ...steps, ...names],
      ...rows.map(({ values, runs, passed, measures, outcomes }) => [
        ...variables.map((name) => String(values[name] ?? '')),
        `${passed}/${runs}`,
        ...steps.map((step) => countsText(outcomes.find((one) => one.step === step)?.counts ?? {})),
        ...names.map((name) => measureText(measures.find((one) => one.name === name))),
      ]),
    ],
    '',
  ).split('\n');
  return [style.bold(head), ...lines].join('\n');
}

export const countsText = (counts: Readonly<Record<string, number>>): string => {
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return Object.entries(counts)
    .map(([outcome, one]) => `${outcome} ${one}/${all}`)
    .join(', ');
};

export function measureText(measure: Measure | undefined): string {
  if (!measure) return '';
  const { median, q1, q3, n, unit } = measure;
  const spread = n > 1 ? ` (${short(q1)}–${short(q3)})` : '';
  return `${short(median)}${unit === '' ? '' : ` ${unit}`}${spread}`;
}

export const short = (number: number): string => String(Number(number.toPrecision(3)));

export function planText({ name, runs }: RunPlan, style: Style): string {
  return runs
    .flatMap((run) => [style.bold(`${name} ${runTitle(run)}`.trimEnd()), ...stepLines(run)])
    .join('\n');
}

const runTitle = ({ values, repeat, seed }: PlannedRun): string =>
  [valuesText(values), `run ${repeat}, seed ${seed}`].filter((part) => part !== '').join(', ');

const stepLines = ({ schedule }: PlannedRun): string[] =>
  columns(
    schedule.steps.map(({ id, start, text, within }) => [
      'at' in start
        ? timeText(start.at)
        : `after ${start.after}${start.delay > 0 ? ` + ${timeText(start.delay)}` : ''}`,
      id,
      within === undefined ? text : `${text}, within ${timeText(within)}`,
    ]),
  ).split('\n');
