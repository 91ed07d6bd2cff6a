/** The inputs of a run: which one a number stands for follows from the seed alone. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { pathTo, read } from '../helpers/topologies.js';
import { assemble } from './assemble.js';
import { large } from './large.js';
import type { Mutation } from './mutations.js';
import { asRead, mutate, mutation } from './mutations.js';
import { spoil } from './spoil.js';
import type { Spoiling } from './topologies.js';
import { draft, names, smallDraft, spoiling } from './topologies.js';
import { DATA, EVIL, NAMES, PIECES, text as characters } from './words.js';

const EXAMPLES = ['topologies', 'test/golden/diagnostics'].flatMap((folder) =>
  readdirSync(pathTo(folder))
    .filter((file) => file.endsWith('.yaml') && file !== 'wan-1000.yaml')
    .sort()
    .map((file) => read(`${folder}/${file}`)),
);

const few = <T>(arbitrary: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: 1, maxLength });

const none = <T>(): fc.Arbitrary<T[]> => fc.constant<T[]>([]);

const structured = fc.tuple(draft, names).map(([one, words]) => assemble(one, words));
const style = fc.record({
  indent: fc.integer({ min: 1, max: 8 }),
  indentSeq: fc.boolean(),
  collectionStyle: fc.constantFrom('any', 'any', 'block', 'flow'),
  defaultStringType: fc.constantFrom('PLAIN', 'PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL'),
  lineWidth: fc.constantFrom(0, 20, 80),
  aliasDuplicateObjects: fc.boolean(),
} as const);
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

type Base = { readonly data?: unknown; readonly text: string };

const based = (data: unknown): Base => ({ data, text: '' });
const example = fc.constantFrom(...EXAMPLES).map((one): Base => ({ text: one }));
const small = fc.tuple(smallDraft, names).map(([one, words]): Base => based(assemble(one, words)));
const whole = structured.map(based);

/** What inputs are made of: mostly little, as that is read in less time and has the same mistakes. */
const base = fc.oneof(
  { weight: 16, arbitrary: small },
  { weight: 3, arbitrary: whole },
  { weight: 5, arbitrary: example },
);

/** What is made of one: written in some way, with some of it spoiled as data or as text. */
const variant = fc.record({
  isJson: fc.constantFrom(true, false, false),
  style,
  spoilt: fc.oneof({ weight: 1, arbitrary: none<Spoiling>() }, { weight: 1, arbitrary: few(spoiling, 2) }),
  changes: fc.oneof({ weight: 3, arbitrary: none<Mutation>() }, { weight: 4, arbitrary: few(mutation, 3) }),
});

type Of<T> = T extends fc.Arbitrary<infer U> ? U : never;

function inputOf({ data, text }: Base, { isJson, style: how, spoilt, changes }: Of<typeof variant>): string {
  const written = data === undefined ? text : write(spoilt.reduce<unknown>(spoil, data), isJson, how);
  // An example as it is has been tried.
  return mutate(written, changes);
}

const write = (data: unknown, isJson: boolean, how: Of<typeof style>): string =>
  isJson ? JSON.stringify(data) : stringify(data, how);

/** Inputs are made so many at a time, of fewer bases: to think of a topology takes longer than to spoil it. */
const BATCH = 50;
const BASES = 10;
/** Of a batch, what is no topology at all; and one batch in so many has something that is short to write and long to think about. */
const STRANGE = 3;
const LARGE = 25;

function batchOf(seed: number, batch: number): string[] {
  const sample = <T>(arbitrary: fc.Arbitrary<T>, many: number): T[] =>
    fc.sample(arbitrary, { seed: mix(seed, batch), numRuns: many });
  const bases = sample(base, BASES);
  const strange = [...sample(anything, STRANGE), ...(batch % LARGE === LARGE - 1 ? sample(large, 1) : [])];
  const variants = sample(variant, BATCH - strange.length);
  return [
    ...variants.map((one, index) => inputOf(bases[index % BASES] ?? { text: '' }, one)),
    ...strange,
  ].map(asRead);
}

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
    for (const [index, one] of batchOf(seed, batch).entries()) {
      const number = batch * BATCH + index;
      if (number >= from && number < to) yield [number, one];
    }
  }
}

/** Topologies alone, without mistakes that are made on purpose. */
export const goodData = (seed: number, many: number): Record<string, unknown>[] =>
  fc.sample(structured, { seed, numRuns: many });
