/** Files that are made to do harm, or might as well be: each is a few diagnostics, at once. */
import test from 'ava';
import { LIMITS } from '../../../src/topology/document.js';
import { parseTopology } from '../../../src/topology/parse.js';
import { brief, resolveText } from '../../helpers/topologies.js';

const GOOD = 'name: lab\nsegments:\n  lan: 10.0.0.0/24\nhosts:\n  a: { lan: auto }\n';

test('a file past the limit is refused before it is read as YAML', (t) => {
  const { diagnostics, topology } = parseTopology('#'.repeat(LIMITS.bytes + 1), 'big.yaml');
  t.is(topology, undefined);
  t.deepEqual(brief(diagnostics), ['file-too-large 1:1']);
});

test('what is made to exhaust a reader is refused, and within a second', (t) => {
  const size = LIMITS.bytes - 1;
  const cases: readonly (readonly [string, string])[] = [
    ['['.repeat(size), 'nested-too-deep'],
    ['{ a: '.repeat(size / 5), 'nested-too-deep'],
    ['- '.repeat(size / 2), 'nested-too-deep'],
    ['? '.repeat(size / 2), 'nested-too-deep'],
    ['?\n'.repeat(size / 2), 'file-too-large'],
    [`{${Array.from({ length: 70_000 }, (_, index) => `k${index}`).join(',')}}`, 'file-too-large'],
    ['""'.repeat(size / 2), 'file-too-large'],
    ['%a\n'.repeat(size / 3), 'yaml-syntax'],
    ['---\n'.repeat(size / 4), 'yaml-syntax'],
    [`name: x\nsegments: {}\nhosts: {${'h: nowhere,'.repeat(20_000)}}`, 'duplicate-name'],
  ];
  for (const [text, code] of cases) {
    const { user } = process.cpuUsage();
    const { lab, diagnostics } = resolveText(text);
    t.is(lab, undefined);
    t.is(diagnostics[0]?.code as string, code, text.slice(0, 20));
    t.true(diagnostics.length <= LIMITS.diagnostics);
    t.true(process.cpuUsage().user - user < 1_500_000, text.slice(0, 20));
  }
});

test('only plain data is read, whatever tags, directives and escapes ask for', (t) => {
  for (const line of [
    ...[
      'x: !!set { a }',
      'x: !!binary aGk=',
      'x: !!timestamp 2001-12-14',
      '- { !!merge }',
      'x: !ruby/object:Gem {}',
    ],
    'x: "\\ud800"',
  ])
    t.deepEqual(brief(resolveText(`${line}\n`).diagnostics), [
      `yaml-syntax 1:${line.startsWith('-') ? 5 : 4}`,
    ]);
  const { topology } = parseTopology(
    '%YAML 1.1\n---\nname: x\nsegments: { a: 2001-12-14, "<<": { b: c } }',
    'x.yaml',
  );
  t.deepEqual(topology?.segments, { a: '2001-12-14', '<<': {} });
});

test('nothing gets in by the name of what objects have anyway', (t) => {
  for (const text of [
    'segments: { __proto__: null }',
    'hosts: { __proto__: null }',
    'x: [{ __proto__: { count: 9 } }]',
  ])
    t.deepEqual(
      resolveText(text).diagnostics.map(({ code }) => code),
      ['bad-name'],
      text,
    );
  for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    const { lab } = resolveText(
      `name: ${name}\nsegments: { ${name}: 10.0.0.0/24 }\nhosts: { ${name}: ${name} }`,
    );
    t.is(lab?.machines[0]?.interfaces[0]?.addresses[0], '10.0.0.1/24');
    const { diagnostics } = resolveText(
      `${GOOD}  b: { ${name}: 5 }\n  c: { lan: auto, vagrant: { ${name}: 1 } }`,
    );
    t.deepEqual(brief(diagnostics), ['unknown-key 6:8', 'unknown-key 7:30']);
  }
});

test('what is shown of a value is short, and one line', (t) => {
  const { diagnostics } = resolveText(
    `${GOOD}  b: { lan: "10.0.0.1\\nerror: no\\n${'x'.repeat(500)}" }\n  ${'c'.repeat(900)}: { ${'d'.repeat(900)}: auto }`,
  );
  t.is(diagnostics.length, 2);
  for (const { message, at } of diagnostics) {
    t.regex(message, /^.{1,200}$/);
    t.true((at?.text.length ?? 0) <= 2_000);
  }
});

test('list entries that cannot be read keep nothing else from being said', (t) => {
  const { diagnostics } = resolveText(`name: x
segments: { lan: 10.0.0.0/24, wan: 10.1.0.0/24 }
routers:
  r:
    interfaces: { lan: auto, wan: auto }
    isolate: [[], lann]
    nat: [{}, { masquerade: lan, via: wann, port-control: true }]
`);
  t.deepEqual(brief(diagnostics), [
    'wrong-value 6:15',
    'unknown-segment 6:19',
    'missing-key 7:11',
    'missing-key 7:11',
    'unknown-segment 7:39',
  ]);
});

test('a key that is no text is found behind a thousand other mistakes', (t) => {
  const { lab, diagnostics } = resolveText(`${'a: 1\n'.repeat(LIMITS.diagnostics + 5)}? { b: 1 }\n: 2\n`);
  t.is(lab, undefined);
  t.is(diagnostics.length, LIMITS.diagnostics);
});

test('a billion laughs are refused', (t) => {
  const rows = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++) {
    const before = String.fromCharCode(96 + i);
    const now = String.fromCharCode(97 + i);
    rows.push(`${now}: &${now} [${new Array<string>(9).fill(`*${before}`).join(', ')}]`);
  }
  const started = performance.now();
  const { diagnostics } = parseTopology(rows.join('\n'), 'bomb.yaml');
  t.true(diagnostics.length > 0);
  t.true(performance.now() - started < 2000);
});

test('aliases that expand to more than is followed are a diagnostic, not a crash', (t) => {
  const nested =
    'x: &x [1,1,1,1,1,1,1,1,1,1]\ny: &y [*x,*x,*x,*x,*x,*x,*x,*x,*x,*x]\nz: &z [*y,*y,*y,*y,*y,*y,*y,*y,*y,*y]\nw: [*z,*z,*z,*z]\n';
  t.true(resolveText(nested).diagnostics.length > 0);
});
