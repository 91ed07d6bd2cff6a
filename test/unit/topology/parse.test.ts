import test from 'ava';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { nameOf } from '../../../src/topology/issues.js';
import { Source } from '../../../src/topology/source.js';
import { brief, EXAMPLES, example, examplePath, resolveText } from '../../helpers/topologies.js';

const GOOD = 'name: lab\nsegments:\n  lan: 10.0.0.0/24\nhosts:\n  a: { lan: auto }\n';

test('every example is good', (t) => {
  for (const name of EXAMPLES) t.is(example(name).name, name);
});

test('all mistakes are reported in one run, form and meaning alike, in the order of the file', (t) => {
  const { lab, diagnostics } = resolveText(`name: lab
segments:
  lan: 10.0.0.0/24
  bad: 10.0.300.0/24
  dup: 10.0.0.0/25
hosts:
  a: { lan: 10.0.1.1 }
  b: { lan: auto, conut: 3 }
  c: { bad: auto }
  d: 5
routers:
  r:
    interfaces: { lan: 10.0.0.1, dup: auto }
    nat: [{ static: x, public: 1.2.3.4 }, { static: a }]
checks:
  - { ping: d -> a }
  - { ping: nobody -> a }
`);
  t.is(lab, undefined);
  t.deepEqual(brief(diagnostics), [
    'bad-address 4:8',
    'overlapping-segments 5:8',
    'address-outside-segment 7:13',
    'unknown-key 8:19',
    'wrong-value 10:6',
    'unknown-machine 14:21',
    'missing-key 14:43',
    'check-unknown 17:13',
  ]);
});

test('what is left out for one mistake causes no others', (t) => {
  const { diagnostics } = resolveText(`name: lab
segments: { lan: 10.0.0/24, wan: 203.0.113.0/24 }
hosts: { a: { lan: 10.0.0.5, gateway: gw } }
routers:
  gw:
    interfaces: { lan: auto, wan: auto }
    nat: [{ masquerade: lan, via: wan }, { static: a, public: 198.51.100.1 }]
checks: [{ ping: a -> gw }]
`);
  t.deepEqual(brief(diagnostics), ['bad-address 2:18']);
});

test('a misspelt section is one mistake: what is in it does not count as missing', (t) => {
  const wan = readFileSync(examplePath('virtual-wan'), 'utf8');
  for (const [section, typo] of [
    ['segments', 'segmnts'],
    ['hosts', 'hots'],
    ['routers', 'ruoters'],
  ] as const) {
    const text = wan.replace(`\n${section}:`, `\n${typo}:`);
    const { lab, diagnostics } = resolveText(text);
    t.is(lab, undefined);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    t.deepEqual(
      errors.map(({ code, fix }) => [code, fix]),
      [['unknown-key', `did you mean '${section}'?`]],
    );
  }
});

test('windows line ends and a byte order mark are read', (t) => {
  t.truthy(resolveText(GOOD.replaceAll('\n', '\r\n')).lab);
  t.truthy(resolveText(`\ufeff${GOOD}`).lab);
});

test('a place points at the line as it is, also behind carriage returns', (t) => {
  const { diagnostics } = resolveText(GOOD.replace('auto', '10.0.9.1').replaceAll('\n', '\r\n'));
  t.deepEqual(brief(diagnostics), ['address-outside-segment 5:13']);
  t.is(diagnostics[0]?.at?.text, '  a: { lan: 10.0.9.1 }');
});

test('an alias is followed, and its place is where the value is written', (t) => {
  const { lab } = resolveText(`${GOOD}  b: &b { lan: auto }\n  c: *b\n`);
  t.is(lab?.machines.length, 3);
});

test('any text gives diagnostics or a lab, never an exception', (t) => {
  const pieces = fc.constantFrom(
    'name: x\n',
    'segments:\n',
    'hosts:\n',
    '  a: ',
    '{ lan: auto }',
    '10.0.0.0/24',
    '\n',
    '- ',
    '*a',
    '&a ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    '? ',
    '!!js ',
    '\t',
    '__proto__: ',
    'nat:',
    '%',
    '---\n',
    '\u0000',
    '💥',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 30 }), (parts) => {
      const { lab, diagnostics } = resolveText(parts.join(''));
      t.true(lab !== undefined || diagnostics.length > 0);
    }),
    { numRuns: 500 },
  );
});

test('one changed byte of a good file gives diagnostics or a lab, each diagnostic inside the file', (t) => {
  const base = `${GOOD}routers:\n  r:\n    interfaces: { lan: 10.0.0.1 }\n    nat: [{ static: a, public: 198.51.100.7 }]\nchecks: [{ ping: a -> r }]\n`;
  fc.assert(
    fc.property(fc.nat(base.length - 1), fc.string({ minLength: 1, maxLength: 2 }), (at, piece) => {
      const text = base.slice(0, at) + piece + base.slice(at + 1);
      for (const { at: place } of resolveText(text).diagnostics) {
        t.true(
          place !== undefined &&
            place.line >= 1 &&
            place.column >= 1 &&
            place.line <= text.split(/\r\n?|\n/).length,
        );
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('a path reads as people write it', (t) => {
  t.is(nameOf(['routers', 'r', 'nat', 0, 'public']), 'routers.r.nat[0].public');
  t.is(nameOf([]), 'the topology');
});

test('a source knows the line of a list entry', (t) => {
  const source = new Source('x.yaml', 'a:\n  - 1\n  - { b: 2 }\n');
  t.is(source.line(['a', 1]), 3);
  t.is(source.place(['a', 1, 'b']).column, 10);
});
