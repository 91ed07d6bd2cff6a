/** What netem is asked for, so that as much happens as is meant: played by the letter of get_crandom. */
import test from 'ava';
import { askedShare } from '../../../src/render/correlated.js';

const ALL = 2 ** 32;
const PACKETS = 1_000_000;

/** Mulberry32: 32 bits, the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** How often of a million packets netem does what it is asked to do with `percent` of them, in percent. */
function happens(percent: number, correlation: number): number {
  const next = random(7);
  const [threshold, rho] = [(percent / 100) * (ALL - 1), (correlation / 100) * (ALL - 1) + 1];
  let [last, hits] = [next(), 0];
  for (let packet = 0; packet < PACKETS; packet++) {
    last = Math.floor((next() * (ALL - rho) + last * rho) / ALL);
    if (threshold >= last) hits++;
  }
  return (hits / PACKETS) * 100;
}

for (const correlation of [1, 10, 25, 50, 90])
  for (const percent of [0.1, 1, 5, 25, 70])
    test(`${percent}% with a correlation of ${correlation}%`, (t) => {
      const found = happens(askedShare(percent, correlation), correlation);
      t.true(Math.abs(found / percent - 1) < 0.15, `${found}%`);
    });

test('asked for as it is meant, next to nothing would happen', (t) => {
  t.true(happens(1, 25) < 0.02);
});

test('without a correlation, and where all or nothing is meant, it is asked for as it is meant', (t) => {
  t.is(askedShare(3, 0), 3);
  t.is(askedShare(0, 40), 0);
  t.is(askedShare(100, 40), 100);
  t.is(askedShare(3, 100), 3);
});
