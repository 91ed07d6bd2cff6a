import test from 'ava';
import { diagnosticsText, briefText } from '../../../src/report/diagnostics.js';
import { columns, styleFor } from '../../../src/report/style.js';
import { verifyText } from '../../../src/report/verify.js';
import type { Verdict } from '../../../src/verify/report.js';

const plain = styleFor({});
const verdict = (id: string, more: Partial<Verdict> = {}): Verdict => ({
  id,
  kind: 'gateway',
  status: 'pass',
  expectation: `${id} works`,
  observed: 'it does',
  evidence: [],
  ...more,
});
const report = (verdicts: readonly Verdict[]) => ({
  lab: 'x',
  duration: 1234,
  passed: verdicts.filter(({ status }) => status === 'pass').length,
  failed: verdicts.filter(({ status }) => status !== 'pass').length,
  verdicts,
});

test('a failed check shows what was seen, why, the evidence and the line', (t) => {
  const bad = verdict('a', {
    status: 'fail',
    observed: 'nothing',
    cause: 'no route',
    evidence: ['ip route get'],
    line: 7,
  });
  t.is(
    verifyText(report([verdict('b'), bad]), { all: false, file: 'x.yaml' }, plain),
    [
      '✓ b works (it does)',
      '✗ a works',
      '    observed: nothing',
      '    likely cause: no route',
      '    | ip route get',
      '    a, x.yaml:7',
      '',
      '1 of 2 checks failed in 1.23 s',
    ].join('\n'),
  );
});

test('of many that passed a line is shown, unless all are asked for; every failure is shown', (t) => {
  const many = [
    ...Array.from({ length: 50 }, (_, i) => verdict(`h${i}`)),
    verdict('bad', { status: 'fail' }),
  ];
  t.is(
    verifyText(report(many), { all: false, file: '' }, plain).split('\n')[0],
    '✓ gateway: 50 checks passed, such as h0 works',
  );
  t.regex(verifyText(report(many), { all: false, file: '' }, plain), /✗ bad works/);
  t.regex(verifyText(report(many), { all: true, file: '' }, plain), /h49 works/);
});

test('text of a file cannot drive the terminal', (t) => {
  const at = { file: 'a\u001b]0;x\u0007.yaml', line: 1, column: 1, length: 3, text: '\u001b[2Jabc\u202e' };
  const text = diagnosticsText(
    [{ code: 'bad-name', severity: 'error', message: '\u001b[31mred', at, fix: '\u009b1m' }],
    plain,
  );
  t.notRegex(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('a very long line is shown around the place that is meant', (t) => {
  const line = `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`;
  const text = diagnosticsText(
    [
      {
        code: 'bad-name',
        severity: 'error',
        message: 'm',
        at: { file: 'f', line: 1, column: 5001, length: 4, text: line },
      },
    ],
    plain,
  );
  const [, , , shown = '', caret = ''] = text.split('\n');
  t.is(shown.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1), 'HERE');
  t.true(shown.length < 130);
});

test('warnings in brief are a line each, and few', (t) => {
  const one = { code: 'public-space', severity: 'warning', message: 'm' } as const;
  t.is(briefText(new Array(9).fill(one), plain).split('\n').length, 6);
});

test('no colour without a terminal, with NO_COLOR, or for a dumb one', (t) => {
  t.is(styleFor({ isTTY: false }).red('x'), 'x');
  t.is(plain.bold('x'), 'x');
});

test('columns are as wide as their widest cell', (t) => {
  t.is(
    columns([
      ['a', 'bb', 'c'],
      ['aaa', 'b', 'c'],
    ]),
    '  a    bb  c\n  aaa  b   c',
  );
});

test('one check is one check', (t) => {
  const last = (...verdicts: readonly Verdict[]): string | undefined =>
    verifyText(report(verdicts), { all: false, file: 'x.yaml' }, plain).split('\n').at(-1);
  t.is(last(verdict('a')), '1 check passed in 1.23 s');
  t.is(last(verdict('a'), verdict('b')), '2 checks passed in 1.23 s');
  t.is(last(verdict('a', { status: 'fail' })), '1 of 1 check failed in 1.23 s');
});
