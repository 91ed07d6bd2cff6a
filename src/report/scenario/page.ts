/** The results of a scenario as one page that needs nothing else: no script, no font, no picture from elsewhere. */
import type { RunReport } from '../../apply/run/index.js';
import type { RunResult } from '../../apply/run/one.js';
import type { StepResult } from '../../apply/run/step-result.js';
import { groupBy } from '../../core/group-by.js';
import { count } from '../../core/text.js';
import { escapeXml } from '../../core/xml.js';
import type { Row } from '../../scenario/summary.js';
import { valuesText } from '../../scenario/sweep.js';
import { BASE } from '../page/style.js';
import { boxPlot } from './boxes.js';
import type { Mark } from './series.js';
import { seriesPlot } from './series.js';
import { outcomeMatrix, runsTable, stepsOf, stepsTable, summaryTable, variablesOf } from './tables.js';

const STYLE = `${BASE}
p.about { color: var(--faint); overflow-wrap: anywhere; }
.sum { display: inline-block; border-radius: .5rem; padding: .35rem .8rem; font-weight: 600; }
figure { margin: 0 0 1rem; border: 1px solid var(--edge); border-radius: .5rem; padding: .5rem; }
figure svg { display: block; width: 100%; max-width: 52rem; height: auto; min-width: 30rem; }
figcaption { color: var(--faint); font-size: .9rem; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .tick, svg .name { fill: var(--faint); }
svg .grid { stroke: var(--edge); } svg .whisker { stroke: var(--faint); stroke-width: 1.5; }
svg .box { fill: color-mix(in srgb, var(--link) 30%, transparent); stroke: var(--link); } svg .median { stroke: var(--ink); stroke-width: 2.5; }
svg .series { fill: none; stroke: var(--link); stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }
svg .lost { fill: none; stroke: var(--bad); stroke-width: 1; }
svg .mark-line rect { fill: color-mix(in srgb, var(--odd) 18%, transparent); }
svg .mark-line line { stroke: var(--odd); stroke-dasharray: 3 3; stroke-width: 1.5; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }`;

/** Series of more runs than this are in their folders. */
const MOST_SERIES = 12;
const MOST_MATRICES = 12;

export function scenarioHtml(report: RunReport): string {
  const { name, runs, summary, seed, status } = report;
  const variables = variablesOf(summary);
  const good = runs.filter((run) => run.status === 'passed').length;
  const [only] = runs.length === 1 ? runs : [];
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeXml(name)}: results</title><style>${STYLE}
</style></head>
<body>
<h1>${escapeXml(name)}</h1>
<p class="sum ${status === 'passed' ? 'good' : 'bad'}">${escapeXml(`${good} of ${count(runs.length, 'run')} passed${status === 'stopped' ? ', then stopped' : ''}`)}</p>
<p class="about">Seed ${seed}. ${escapeXml(sweepText(report))}By labnet; what belongs to each run is in the folder of this page.</p>
${section('Summary', `${summaryTable(summary)}\n${measuresNote(summary)}`)}
${matrices(summary)}
${boxes(summary)}
${series(runs)}
${only ? section('Steps', stepsTable(only)) : section('Runs', runsTable(report, variables))}
</body></html>
`;
}

const measuresNote = (rows: readonly Row[]): string =>
  rows.some(({ measures }) => measures.length > 0)
    ? '<p class="about">Of what was measured: the median, and in brackets the middle half of all values.</p>'
    : '';

const section = (title: string, body: string): string =>
  body === '' ? '' : `<h2>${escapeXml(title)}</h2>\n${body}`;

const sweepText = ({ sweep }: RunReport): string =>
  Object.entries(sweep)
    .map(([name, values]) => `${name}: ${values.join(', ')}. `)
    .join('');

/** Variables that have more than one value. */
const sweptIn = (rows: readonly Row[]): string[] =>
  variablesOf(rows).filter((name) => new Set(rows.map(({ values }) => values[name])).size > 1);
const APART = ' · ';

/** What came out the same everywhere needs no table beside the summary. */
const isVaried = (step: string, rows: readonly Row[]): boolean =>
  new Set(
    rows.flatMap(({ outcomes }) =>
      outcomes.filter((one) => one.step === step).flatMap(({ counts }) => Object.keys(counts)),
    ),
  ).size > 1;

/** By the first two variables; of what else varies a table for each, unless they would be too many. */
function matrices(rows: readonly Row[]): string {
  const [down, across, ...others] = sweptIn(rows);
  if (down === undefined || across === undefined) return '';
  const rest = ({ values }: Row): string =>
    valuesText(Object.fromEntries(others.map((name) => [name, values[name] ?? ''])));
  const parts = groupBy(rows, rest);
  const isTooMany = parts.size > MOST_MATRICES;
  const shown = isTooMany ? [[`whatever ${others.join(', ')}`, rows] as const] : [...parts];
  return stepsOf(rows)
    .filter((step) => isVaried(step, rows))
    .map((step) => {
      const tables = shown.map(
        ([title, some]) =>
          `${title === '' ? '' : `<h3>${escapeXml(title)}</h3>\n`}${outcomeMatrix(step, some, [down, across])}`,
      );
      return section(`${step}, by ${down} and ${across}`, tables.join('\n'));
    })
    .join('\n');
}

function boxes(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap(({ measures }) => measures.map(({ name }) => name)))];
  const swept = sweptIn(rows);
  const by = swept.length > 0 ? `by ${swept.join(APART)}: ` : '';
  const plots = names.map((name) => {
    const found = rows.flatMap(({ values, measures }) => {
      const spread = measures.find((one) => one.name === name);
      return spread ? [{ label: swept.map((one) => values[one] ?? '').join(APART), spread }] : [];
    });
    return figure(
      boxPlot(name, found[0]?.spread.unit ?? '', found),
      `${by}the middle half of all values, their median, the least and the most`,
    );
  });
  return section('What was measured', plots.join('\n'));
}

const markOf = ({ started, ended, tries, text }: StepResult): Mark[] =>
  started === undefined
    ? []
    : [{ time: started, text, ...(tries !== undefined && ended !== undefined && { until: ended }) }];

const figure = (svg: string, caption: string): string =>
  `<figure><div class="scroll">${svg}</div><figcaption>${escapeXml(caption)}</figcaption></figure>`;

function series(runs: readonly RunResult[]): string {
  const all = runs.flatMap(({ index, values, repeat, measured, steps }) =>
    Object.entries(measured).flatMap(([name, { unit, values: numbers, times, missing = [] }]) => {
      if (times === undefined || numbers.length < 2) return [];
      const marks = steps.flatMap(markOf);
      const title = [name, valuesText(values), runs.length > 1 ? `run ${index} (turn ${repeat})` : '']
        .filter((part) => part !== '')
        .join(', ');
      const lost = missing.length > 0 ? `; red: ${missing.length} without an answer` : '';
      const waits = marks.some(({ until }) => until !== undefined) ? '; shaded: a step waits' : '';
      const plot = seriesPlot(name, unit, { times, values: numbers, missing }, marks);
      return [figure(plot, `${title}; dashed: steps begin${waits}${lost}`)];
    }),
  );
  const more = all.length - MOST_SERIES;
  const note =
    more > 0 ? `<p class="about">… and ${more} more in the folders of their runs, as CSV.</p>` : '';
  return section('Over time', [...all.slice(0, MOST_SERIES), note].join('\n').trim());
}
