/** JUnit XML and TAP: what programs read, byte for byte, and whatever stands in a text. */
import test from 'ava';
import { parse } from 'yaml';
import { junitXml } from '../../../src/report/junit.js';
import { tapText } from '../../../src/report/tap.js';
import { golden } from '../../helpers/golden.js';
import { runWith, verdictOf } from '../../helpers/runs.js';
import { everyElement, parseSvg } from '../../helpers/svg.js';

const SMALL = runWith([
  verdictOf('gateway/proxyA'),
  verdictOf('gateway/proxyB', {
    status: 'fail',
    observed: '0 of 1 answered',
    evidence: ['4 sent, 0 answered'],
  }),
  verdictOf('published/proxyA', {
    status: 'fail',
    observed: 'answered, but not by proxyA',
    cause: 'somebody else answers',
    evidence: ['a -> b', 'b: eth0 In IP a > b'],
    line: 19,
  }),
  verdictOf('isolated/intnetA', { status: 'error', observed: 'the capture at proxyA failed' }),
]);

for (const [name, text] of [
  ['junit.xml', junitXml(SMALL)],
  ['results.tap', tapText(SMALL)],
] as const)
  test(`${name} of a small run`, (t) => golden(t, `report/${name}`, text));

/** Every character that XML, YAML, TAP or HTML has its own thoughts about, and lone halves of characters. */
const HOSTILE = `<script>alert(1)</script> &amp; ]]> --> "q" 'a' # todo \\ \u0000\u0001\u0008\u000b\u001b[31m\t\n\r\u007f\u0085\u2028\u2029\ufeff\ufffe\uffff\ud800 ☃ 🦊`;
const hostile = runWith([
  verdictOf('published/x', {
    kind: HOSTILE,
    status: 'fail',
    expectation: HOSTILE,
    observed: HOSTILE,
    cause: HOSTILE,
    evidence: [HOSTILE, ''],
    line: 1,
  }),
  verdictOf('published/y', { kind: HOSTILE, expectation: HOSTILE }),
]);

test('JUnit of any text is XML 1.0, in which the text is what it was', (t) => {
  const xml = junitXml(hostile);
  const whole = xml.replace(/^<\?xml[^>]*>\n<!--[^>]*-->\n/, '').trim();
  // The reader of tests knows no references to line ends.
  const root = parseSvg(whole.replace(/&#(9|10|13);/g, ' '));
  t.is(root.name, 'testsuites');
  t.notRegex(
    xml,
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?![\udc00-\udfff])/,
  );
  const cases = everyElement(root).filter(({ name }) => name === 'testcase');
  t.is(cases.length, 2);
  t.true(cases[0]?.attributes['name']?.startsWith('published/x: <script>alert(1)</script> &amp; ]]> -->'));
  t.is(root.attributes['failures'], '1');
});

test('TAP of any text is a line a check, with diagnostics that are YAML', (t) => {
  const lines = tapText(hostile).split('\n');
  const points = lines.filter((line) => /^(not )?ok \d/.test(line));
  t.is(points.length, 2);
  // An unescaped number sign would begin a directive, and skip the test.
  t.true(points.every((line) => !/(?<!\\)#/.test(line)));
  const block = lines.slice(lines.indexOf('  ---') + 1, lines.indexOf('  ...')).join('\n');
  const told = parse(block) as { message: string; evidence: string[] };
  t.is(told.message, HOSTILE);
  t.deepEqual(told.evidence, [HOSTILE, '']);
});
