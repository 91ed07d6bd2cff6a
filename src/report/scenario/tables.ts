/** The tables of a scenario's page: each combination, each run, and two variables against each other. */
import type { RunReport } from '../../apply/run/index.js';
import type { RunResult } from '../../apply/run/one.js';
import { escapeXml } from '../../core/xml.js';
import type { Row } from '../../scenario/summary.js';
import { seconds } from '../lab.js';
import { countsText, measureText } from '../timeline.js';

const cell = (text: string, kind = ''): string =>
  `<td${kind === '' ? '' : ` class="${kind}"`}>${escapeXml(text)}</td>`;
const head = (names: readonly string[]): string =>
  `<thead><tr>${names.map((name) => `<th scope="col">${escapeXml(name)}</th>`).join('')}</tr></thead>`;
const table = (names: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll"><table>${head(names)}<tbody>\n${rows.map((row) => `<tr>${row}</tr>`).join('\n')}\n</tbody></table></div>`;

export function summaryTable(rows: readonly Row[]): string {
  const variables = variablesOf(rows);
  const steps = stepsOf(rows);
  const measures = [...new Set(rows.flatMap((row) => row.measures.map(({ name }) => name)))];
  return table(
    [...variables, 'passed', ...steps, ...measures],
    rows.map(({ values, runs, passed, outcomes, measures: own }) =>
      [
        ...variables.map((name) => cell(String(values[name] ?? ''))),
        cell(`${passed}/${runs}`, passed === runs ? 'good' : 'bad'),
        ...steps.map((step) => countsCell(outcomes.find((one) => one.step === step)?.counts ?? {})),
        ...measures.map((name) => cell(measureText(own.find((one) => one.name === name)), 'number')),
      ].join(''),
    ),
  );
}

export const variablesOf = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap(({ values }) => Object.keys(values))),
];
export const stepsOf = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap(({ outcomes }) => outcomes.map(({ step }) => step))),
];

const GOOD: readonly string[] = ['pass', 'direct', 'exit 0'];
const BAD: readonly string[] = ['fail', 'relay', 'error'];

function countsCell(counts: Readonly<Record<string, number>>): string {
  const found = Object.keys(counts);
  const isAll = (some: readonly string[]): boolean =>
    found.length > 0 && found.every((one) => some.includes(one));
  return cell(countsText(counts), isAll(GOOD) ? 'good' : isAll(BAD) ? 'bad' : 'odd');
}

/** How a step came out by two variables; of others, if there are, all values together. */
export function outcomeMatrix(
  step: string,
  rows: readonly Row[],
  [down = '', across = '']: readonly string[],
): string {
  const valuesOf = (name: string): string[] => [
    ...new Set(rows.map(({ values }) => String(values[name] ?? ''))),
  ];
  const columns = valuesOf(across);
  const lines = valuesOf(down).map((row) => {
    const cells = columns.map((column) => {
      const some = rows.filter(
        ({ values }) => String(values[down]) === row && String(values[across]) === column,
      );
      const counts: Record<string, number> = {};
      for (const { outcomes } of some)
        for (const [outcome, count] of Object.entries(
          outcomes.find((one) => one.step === step)?.counts ?? {},
        ))
          counts[outcome] = (counts[outcome] ?? 0) + count;
      return countsCell(counts);
    });
    return `<th scope="row">${escapeXml(row)}</th>${cells.join('')}`;
  });
  return table([`${down} \\ ${across}`, ...columns], lines);
}

export function runsTable({ runs, folder }: RunReport, variables: readonly string[]): string {
  return table(
    ['run', ...variables, 'turn', 'seed', 'status', 'duration', 'what went wrong'],
    runs.map((run) =>
      [
        `<td class="number">${runs.length > 1 ? `<a href="${escapeXml(run.folder.slice(folder.length + 1))}/manifest.json">${run.index}</a>` : run.index}</td>`,
        ...variables.map((name) => cell(String(run.values[name] ?? ''))),
        cell(String(run.repeat), 'number'),
        cell(String(run.seed), 'number'),
        cell(run.status, run.status === 'passed' ? 'good' : 'bad'),
        cell(seconds(run.duration), 'number'),
        cell(wrongOf(run)),
      ].join(''),
    ),
  );
}

function wrongOf({ steps, problems }: RunResult): string {
  const bad = steps.find(({ isGood }) => !isGood);
  return bad ? `${bad.text}: ${bad.detail}` : problems.map(({ message }) => message).join('; ');
}

export const stepsTable = ({ steps }: RunResult): string =>
  table(
    ['began', 'late', 'step', 'how it ended', ''],
    steps.map(({ started, planned, text, status, isGood, detail }) =>
      [
        cell(started === undefined ? '' : `${(started / 1_000).toFixed(3)} s`, 'number'),
        cell(
          started === undefined || planned === undefined
            ? ''
            : `${Math.max(0, Math.round(started - planned))} ms`,
          'number',
        ),
        cell(text),
        cell(status, isGood ? (status === 'pass' ? 'good' : 'odd') : 'bad'),
        cell(detail),
      ].join(''),
    ),
  );
