import test from 'ava';
import { didYouMean, list, nearest } from '../../../src/core/suggest.js';

test('a near miss is suggested as it is written', (t) => {
  t.is(nearest('gatewy', ['gateway', 'count']), 'gateway');
  t.is(nearest('PROXYA', ['proxyA']), 'proxyA');
  t.is(nearest('intnetC', ['intnetA', 'home']), 'intnetA');
});

test('nothing near is suggested as nothing, but with what there is', (t) => {
  t.is(nearest('zebra', ['gateway']), undefined);
  t.is(nearest('x'.repeat(1000), ['gateway']), undefined);
  t.is(didYouMean('zebra', ['a', 'b'], 'hosts'), 'hosts: a, b');
  t.is(didYouMean('zebra', [], 'hosts'), 'the file has no hosts');
});

test('a long list stays a line', (t) => {
  t.is(list(Array.from({ length: 20 }, (_, i) => `h${i}`)), 'h0, h1, h2, h3, h4, h5, h6, h7, h8 and 11 more');
});
