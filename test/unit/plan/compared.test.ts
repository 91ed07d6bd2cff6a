/** Which machines of a lab that is written otherwise are to be what they were. */
import test from 'ava';
import { unchangedIn } from '../../../src/plan/compared.js';
import { deepEqual } from '../../../src/core/deep-equal.js';
import { resolve } from '../../../src/model/resolve.js';
import type { Lab } from '../../../src/model/lab.js';
import { parseTopology } from '../../../src/topology/parse.js';

const TEXT = `name: x
segments: { a: 10.0.0.0/24, b: 10.1.0.0/24, wan: 203.0.113.0/24 }
hosts: { a1: { a: 10.0.0.10 }, a2: { a: 10.0.0.11 }, b1: { b: 10.1.0.10 } }
routers:
  ra: { interfaces: { a: 10.0.0.1, wan: 203.0.113.1 }, nat: [{ masquerade: a, via: wan }] }
  rb: { interfaces: { b: 10.1.0.1, wan: 203.0.113.2 }, nat: [{ static: b1, public: 203.0.113.20 }] }
`;

function labOf(text: string): Lab {
  const { lab } = resolve(parseTopology(text, 'x.yaml'));
  if (!lab) throw new Error('not a lab');
  return JSON.parse(JSON.stringify(lab)) as Lab;
}

const unchanged = (after: string): string[] => [...unchangedIn(labOf(TEXT), labOf(after))].sort();

test('lines that moved change no machine', (t) => {
  t.deepEqual(unchanged(`# moved\n\n${TEXT}`), ['a1', 'a2', 'b1', 'ra', 'rb']);
});

test('a host more touches all on its segment, and no others', (t) => {
  t.deepEqual(unchanged(TEXT.replace('hosts: {', 'hosts: { a3: a,')), ['b1', 'rb']);
});

test('a host less touches all that were on its segment', (t) => {
  t.deepEqual(unchanged(TEXT.replace('a2: { a: 10.0.0.11 }, ', '')), ['b1', 'rb']);
});

test('another NAT touches its router alone', (t) => {
  t.deepEqual(unchanged(TEXT.replace('via: wan }', 'via: wan, preset: symmetric }')), [
    'a1',
    'a2',
    'b1',
    'rb',
  ]);
});

test('a host that is renumbered touches the router that publishes it', (t) => {
  t.deepEqual(unchanged(TEXT.replace('10.1.0.10', '10.1.0.77')), ['a1', 'a2', 'ra']);
});

test('what is undefined is not there, and a list is no object', (t) => {
  t.true(deepEqual({ a: [1, { b: 2, line: 3 }], c: undefined }, { a: [1, { b: 2, line: 4 }] }, 'line'));
  t.false(deepEqual({ a: 1 }, { a: 1, b: 2 }));
  t.false(deepEqual({ a: 1, b: 2 }, { a: 1 }));
  t.false(deepEqual([], {}));
  t.false(deepEqual([1, 2], [1]));
  t.false(deepEqual({ a: null }, { a: {} }));
});
