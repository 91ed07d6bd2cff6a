import test from 'ava';
import { spreadOf, summaryCsv, summaryOf } from '../../../src/scenario/summary.js';
import { combinations } from '../../../src/scenario/sweep.js';

test('a sweep is the product of its lists', (t) => {
  t.deepEqual(combinations({ a: [1, 2], b: ['x', 'y'] }), [
    { a: 1, b: 'x' },
    { a: 1, b: 'y' },
    { a: 2, b: 'x' },
    { a: 2, b: 'y' },
  ]);
  t.deepEqual(combinations({}), [{}]);
});

test('median and quartiles as numpy.percentile has them', (t) => {
  t.deepEqual(spreadOf([4, 1, 3, 2]), { n: 4, median: 2.5, q1: 1.75, q3: 3.25, min: 1, max: 4 });
  t.deepEqual(spreadOf([7]), { n: 1, median: 7, q1: 7, q3: 7, min: 7, max: 7 });
});

test('a row for each combination: values of all its runs together, outcomes counted', (t) => {
  const run = (nat: string, rtt: readonly number[], outcome: string, status = 'passed') => ({
    values: { nat },
    status,
    measured: { 'wan rtt': { unit: 'ms', values: rtt } },
    outcomes: [{ step: 'meet', outcome }],
  });
  const rows = summaryOf([
    run('a', [1, 2], 'direct'),
    run('b', [5], 'relay'),
    run('a', [3], 'relay', 'failed'),
  ]);
  t.deepEqual(
    rows.map(({ values, runs, passed, outcomes }) => ({ values, runs, passed, outcomes })),
    [
      {
        values: { nat: 'a' },
        runs: 2,
        passed: 1,
        outcomes: [{ step: 'meet', counts: { direct: 1, relay: 1 } }],
      },
      { values: { nat: 'b' }, runs: 1, passed: 1, outcomes: [{ step: 'meet', counts: { relay: 1 } }] },
    ],
  );
  t.like(rows[0]?.measures[0], { name: 'wan rtt', n: 3, median: 2, min: 1, max: 3 });
  const [head, ...lines] = summaryCsv(rows).trimEnd().split('\r\n');
  t.is(head, 'nat,kind,name,unit,n,median,q1,q3,min,max,outcome,count');
  t.true(lines.includes('a,measure,wan rtt,ms,3,2,1.5,2.5,1,3,,'));
  t.true(lines.includes('a,outcome,meet,,2,,,,,,direct,1'));
});
