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

test('of a third variable there is a table for each value, and none of what never differs', (t) => {
  const some = ['1%', '9%'].flatMap((loss) =>
    RUNS.map((one) => ({
      ...one,
      values: { ...one.values, loss },
      outcomes: [
        { step: 'meet', outcome: loss === '9%' ? 'relay' : (one.steps[0]?.outcome ?? '') },
        { step: 'warm', outcome: 'pass' },
      ],
    })),
  );
  const page = scenarioHtml({ ...REPORT, summary: summaryOf(some) });
  const [, low = '', high = ''] = page.slice(page.indexOf('meet, by natA and natB')).split('<h3>');
  const directs = (text: string): number =>
    (text.split('<h2>')[0]?.match(/class="good">direct 1\/1/g) ?? []).length;
  t.true(low.startsWith('loss=1%') && high.startsWith('loss=9%'));
  t.deepEqual([directs(low), directs(high)], [1, 0]);
  t.notRegex(page, /warm, by/);
  // A row of a plot is known by its values, in the order that the caption has.
  t.regex(page, />sym · y · 9%</);
  t.regex(page, /by natA · natB · loss: /);
});

test('a step that waited is a span of the series, and one that did not is a line', (t) => {
  const points = { times: [0, 1_000], values: [1, 2] };
  const svg = seriesPlot('rtt', 'ms', points, [
    { time: 0, text: 'at once' },
    { time: 200, until: 700, text: 'waits' },
  ]);
  const [[, x = '', width = ''] = [], ...more] = [
    ...svg.matchAll(/<rect x="([\d.]+)"[^>]* width="([\d.]+)"/g),
  ];
  t.is(more.length, 0);
  const ends = (/points="([\d.]+),[^"]* ([\d.]+),/.exec(svg) ?? []).slice(1).map(Number);
  const [from = NaN, to = NaN] = ends;
  t.true(Math.abs((Number(x) - from) / (to - from) - 0.2) < 0.01, svg);
  t.true(Math.abs(Number(width) / (to - from) - 0.5) < 0.01, svg);
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
