import test from 'ava';
import { circlesOf } from '../../../src/core/circles.js';

const circles = (ways: Readonly<Record<string, string>>): readonly (readonly string[])[] => [
  ...circlesOf(Object.keys(ways), (one) => ways[one]),
];

test('what leads to an end has no circle', (t) => {
  t.deepEqual(circles({}), []);
  t.deepEqual(circles({ a: 'b', b: 'c', d: 'b' }), []);
});

test('a circle begins where it is entered, and what leads into it is no part of it', (t) => {
  t.deepEqual(circles({ a: 'c', b: 'a', c: 'd', d: 'e', e: 'c' }), [['c', 'd', 'e']]);
  t.deepEqual(circles({ a: 'a' }), [['a']]);
});

test('each circle once, however many lead into it', (t) => {
  t.deepEqual(circles({ a: 'b', b: 'a', c: 'a', d: 'e', e: 'd', f: 'f' }), [['a', 'b'], ['d', 'e'], ['f']]);
});

test('asks each once, in a way of any length', (t) => {
  let asked = 0;
  const all = Array.from({ length: 50_000 }, (_, index) => index);
  const found = [...circlesOf(all, (index) => (asked++, (index + 1) % all.length))];
  t.is(asked, all.length);
  t.deepEqual(found, [all]);
});
