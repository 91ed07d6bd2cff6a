/** A trace as text and as a picture: what a reader has to find in them. */
import test from 'ava';
import type { TraceResult } from '../../../src/index.js';
import { traceSvg } from '../../../src/report/trace-svg.js';
import { traceText } from '../../../src/report/trace.js';
import { styleFor } from '../../../src/report/style.js';
import { everyElement, parseSvg } from '../../helpers/svg.js';

const packet = (source: string, destination: string) => ({ source, destination, ttl: 64, length: 44 });

const LOST: TraceResult = {
  ...{ lab: 'x', from: 'a', to: 'b', protocol: 'icmp', address: '10.0.1.2', answered: false },
  there: {
    arrived: false,
    hops: [
      {
        machine: 'a',
        out: { interface: 'eth0', segment: 'left', packet: packet('10.0.0.2', '10.0.1.2') },
        ...{ translations: [], rules: [] },
      },
      {
        machine: 'r<1>',
        in: { interface: 'eth0', segment: 'left', packet: packet('10.0.0.2', '10.0.1.2') },
        translations: [{ field: 'destination', before: '10.0.1.2', after: '10.9.9.9' }],
        rules: [],
      },
    ],
  },
  back: { arrived: false, hops: [] },
  errors: [],
  cause: {
    ...{ kind: 'rule', leg: 'there', machine: 'r<1>', text: "r<1> drops it by the rule '-j DROP'" },
    ...{ evidence: ['r<1>: ip filter FORWARD'], fix: 'labnet exec r -- iptables -F' },
    at: { file: 'x.yaml', line: 7 },
  },
  unexpected: ['r<1> sends it to c'],
  notes: ['c: its rules could not be watched'],
};

test('text: each hop on a line, then the cause with its place, the evidence and the fix', (t) => {
  const text = traceText(LOST, styleFor({}));
  t.deepEqual(text.split('\n'), [
    'a → b (10.0.1.2), icmp',
    '  → a                  eth0 left  10.0.0.2 > 10.0.1.2',
    '  → r<1>  eth0 left               10.0.0.2 > 10.0.1.2',
    '      destination 10.0.1.2 becomes 10.9.9.9',
    '        by connection tracking, the other way round',
    "✗ no answer: r<1> drops it by the rule '-j DROP' (x.yaml:7)",
    '    | r<1>: ip filter FORWARD',
    '    fix: labnet exec r -- iptables -F',
    '! not as the topology has it: r<1> sends it to c',
    '! c: its rules could not be watched',
  ]);
});

test('picture: well-formed whatever the names, read out, in light and dark, nothing beyond its edge', (t) => {
  const svg = traceSvg(LOST);
  const root = parseSvg(svg);
  const elements = everyElement(root);
  t.deepEqual(
    elements.flatMap(({ attributes }) => attributes['data-machine'] ?? []),
    ['a', 'r<1>'],
  );
  t.true(
    elements.some(
      ({ name, text }) => name === 'desc' && text.includes("r<1> drops it by the rule '-j DROP'"),
    ),
  );
  t.true(svg.includes('prefers-color-scheme:dark'));
  t.is(elements.filter(({ attributes }) => attributes['class'] === 'stop').length, 1);
  const width = Number(root.attributes['width']);
  for (const { name, text, attributes } of elements)
    if (name === 'text') t.true(Number(attributes['x']) + text.length * 7.2 <= width, text);
});
