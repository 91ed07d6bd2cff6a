/** The inputs of a run: which one a number stands for follows from the seed alone. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { pathTo, read } from '../helpers/topologies.js';
import { assemble } from './assemble.js';
import { large } from './large.js';
import { asRead, mutate, mutation } from './mutations.js';
import { spoil } from './spoil.js';
import { draft, names, spoiling } from './topologies.js';
import { DATA, EVIL, NAMES, PIECES, text as characters } from './words.js';

const EXAMPLES = ['topologies', 'test/golden/diagnostics'].flatMap((folder) =>
  readdirSync(pathTo(folder))
    .filter((file) => file.endsWith('.yaml') && file !== 'wan-1000.yaml')
    .sort()
    .map((file) => read(`${folder}/${file}`)),
);

const few = <T>(arbitrary: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: 1, maxLength });

const structured = fc.tuple(draft, names).map(([one, words]) => assemble(one, words));
const spoiled = fc.tuple(structured, few(spoiling, 3)).map(([data, all]) => all.reduce<unknown>(spoil, data));

const style = fc.record({
  indent: fc.integer({ min: 1, max: 8 }),
  indentSeq: fc.boolean(),
  collectionStyle: fc.constantFrom('any', 'any', 'block', 'flow'),
  defaultStringType: fc.constantFrom('PLAIN', 'PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL'),
  lineWidth: fc.constantFrom(0, 20, 80),
  aliasDuplicateObjects: fc.boolean(),
} as const);
const written = (data: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc
    .tuple(data, style, fc.boolean())
    .map(([value, how, isJson]) => (isJson ? JSON.stringify(value) : stringify(value, how)));

const anything = fc
  .array(
    fc.oneof(
      fc.constantFrom(...PIECES, ...NAMES),
      fc.constantFrom(...EVIL, ...DATA.map((one) => JSON.stringify(one))),
      characters(6),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

const text = fc
  .oneof(
    { weight: 48, arbitrary: written(structured) },
    { weight: 40, arbitrary: written(spoiled) },
    {
      weight: 16,
      arbitrary: fc.tuple(written(structured), few(mutation, 3)).map(([one, all]) => mutate(one, all)),
    },
    {
      weight: 48,
      arbitrary: fc
        .tuple(fc.constantFrom(...EXAMPLES), few(mutation, 4))
        .map(([one, all]) => mutate(one, all)),
    },
    { weight: 8, arbitrary: anything },
    { weight: 1, arbitrary: large },
  )
  .map(asRead);

/** Inputs are made so many at a time. */
const BATCH = 50;

/** Numbers with nothing in common for seeds and batches that follow one another (murmur3's last step). */
function mix(seed: number, batch: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) ^ batch;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** @returns the inputs [from, to) of a seed, each with its number */
export function* inputs(seed: number, from: number, to: number): Generator<readonly [number, string]> {
  for (let batch = Math.floor(from / BATCH); batch * BATCH < to; batch++) {
    const texts = fc.sample(text, { seed: mix(seed, batch), numRuns: BATCH });
    for (const [index, one] of texts.entries()) {
      const number = batch * BATCH + index;
      if (number >= from && number < to) yield [number, one];
    }
  }
}

/** Topologies alone, without mistakes that are made on purpose. */
export const goodData = (seed: number, many: number): Record<string, unknown>[] =>
  fc.sample(structured, { seed, numRuns: many });
