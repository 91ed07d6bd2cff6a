/** The page of a scenario's results: all in one, whatever is in it, and what is drawn is what was measured. */
import test from 'ava';
import type { RunReport } from '../../../src/apply/run/index.js';
import type { RunResult } from '../../../src/apply/run/one.js';
import { summaryOf } from '../../../src/scenario/summary.js';
import { boxPlot } from '../../../src/report/scenario/boxes.js';
import { scenarioHtml } from '../../../src/report/scenario/page.js';
import { scaleOf } from '../../../src/report/scenario/scale.js';
import { seriesPlot } from '../../../src/report/scenario/series.js';
import { styleFor } from '../../../src/report/style.js';
import { summaryText } from '../../../src/report/timeline.js';

const step = {
  id: 'meet',
  name: 'meet',
  text: 'punch <a> & "b"',
  line: 3,
  detail: '<script>alert(1)</script>',
} as const;

const run = (index: number, natA: string, natB: string, outcome: string): RunResult => ({
  ...{ index, values: { natA, natB }, repeat: 1, seed: 1, status: 'passed', lab: `lab-${index}` },
  folder: `/results/runs/000${index}`,
  steps: [
    {
      ...step,
      status: outcome === 'direct' ? 'pass' : 'fail',
      isGood: true,
      isOutcome: true,
      outcome,
      started: 12,
      planned: 10,
      ended: 20,
    },
  ],
  measured: { 'wan rtt': { unit: 'ms', values: [index, index + 1, index + 2], times: [0, 100, 200] } },
  ...{ duration: 20, problems: [] },
});

const RUNS = [
  run(1, '<b>', 'x', 'direct'),
  run(2, '<b>', 'y', 'relay'),
  run(3, 'sym', 'x', 'relay'),
  run(4, 'sym', 'y', 'relay'),
];
const REPORT: RunReport = {
  ...{ name: 'a <sweep>', folder: '/results', seed: 1, sweep: { natA: ['<b>', 'sym'], natB: ['x', 'y'] } },
  ...{ status: 'passed', runs: RUNS, warnings: [] },
  summary: summaryOf(
    RUNS.map(({ values, status, measured, steps }) => ({
      ...{ values, status, measured },
      outcomes: steps.map(({ name, outcome = '' }) => ({ step: name, outcome })),
    })),
  ),
};

test('the page needs nothing else, and nothing of a scenario becomes markup', (t) => {
  const page = scenarioHtml(REPORT);
  t.notRegex(page, /<script|<b>|src=|url\(|@import|href="https?:/);
  t.true(page.includes('a &lt;sweep&gt;'));
  t.true(page.includes('prefers-color-scheme: dark'));
  // A box for each combination, and a line for each run.
  t.is(page.match(/<rect class="box"/g)?.length, 4);
  t.is(page.match(/<polyline class="series"/g)?.length, 4);
  t.true(page.includes('href="runs/0003/manifest.json"'));
});

test('how a step came out by two variables', (t) => {
  const page = scenarioHtml(REPORT);
  const matrix = page.slice(page.indexOf('meet, by natA and natB'));
  const rows = [...matrix.matchAll(/<th scope="row">([^<]*)<\/th>((?:<td[^]*?<\/td>)+)/g)].map(
    ([, name = '', cells = '']) => [
      name,
      ...[...cells.matchAll(/class="(\w+)">([^<]*)/g)].map(([, kind, text]) => `${kind} ${text}`),
    ],
  );
  t.deepEqual(rows.slice(0, 2), [
    ['&lt;b&gt;', 'good direct 1/1', 'bad relay 1/1'],
    ['sym', 'bad relay 1/1', 'bad relay 1/1'],
  ]);
});

test('a scale has round ticks, and all values in it', (t) => {
  const { place, ticks } = scaleOf([3, 47], 100, 600);
  t.deepEqual(
    ticks.map(({ text }) => text),
    ['0', '10', '20', '30', '40', '50'],
  );
  t.is(place(25), 350);
  t.deepEqual(
    scaleOf([0.001, 0.004], 0, 1).ticks.map(({ text }) => text),
    ['0.000', '0.001', '0.002', '0.003', '0.004'],
  );
  for (const same of [[0, 0], [], [5]])
    t.true(scaleOf(same, 0, 100).ticks.every(({ at }) => at >= 0 && at <= 100));
});

test('a box is where its quartiles are', (t) => {
  const spread = { n: 5, median: 30, q1: 20, q3: 40, min: 10, max: 50 };
  const svg = boxPlot('rtt', 'ms', [{ label: '', spread }]);
  const [, x, width] = /<rect class="box" x="([\d.]+)"[^>]* width="([\d.]+)"/.exec(svg) ?? [];
  const [, median] = /<line class="median" x1="([\d.]+)"/.exec(svg) ?? [];
  t.true(Math.abs(Number(x) + Number(width) / 2 - Number(median)) < 0.1);
  t.regex(svg, /median 30 ms, half of 5 between 20 and 40, all between 10 and 50/);
});

test('of a long series no peak is lost', (t) => {
  const times = Array.from({ length: 50_000 }, (_, index) => index * 10);
  const values = times.map((_, index) => (index === 31_337 ? 99 : 1));
  const svg = seriesPlot('rtt', 'ms', { times, values }, []);
  const [, points = ''] = /points="([^"]*)"/.exec(svg) ?? [];
  const ys = points.split(' ').map((point) => Number(point.split(',')[1]));
  t.true(ys.length <= 1_600, String(ys.length));
  t.is(ys.filter((y) => y === Math.min(...ys)).length, 1);
});

test('the table of a terminal', (t) => {
  t.deepEqual(summaryText(REPORT.summary, styleFor({})).split('\n').slice(0, 2), [
    'natA  natB  passed  meet        wan rtt',
    '<b>   x     1/1     direct 1/1  2 ms (1.5–2.5)',
  ]);
});

test('where there was no answer the line has a gap, and the axis a mark', (t) => {
  const times = [0, 100, 200, 500, 600, 900];
  const svg = seriesPlot(
    'rtt',
    'ms',
    { times, values: [1, 2, 1, 5, 6, 1], missing: [300, 400, 700, 800] },
    [],
  );
  const parts = [...svg.matchAll(/<polyline class="series" points="([^"]*)"/g)].map(
    ([, points = '']) => points.split(' ').length,
  );
  t.deepEqual(parts, [3, 2, 2], 'one alone is a dot');
  t.is((/class="lost" d="([^"]*)"/.exec(svg)?.[1] ?? '').split('M').length - 1, 4);
  t.notRegex(seriesPlot('rtt', 'ms', { times, values: times }, []), /class="lost"/);
});
