/** The words of words.yaml. */
import fc from 'fast-check';
import { parse } from 'yaml';
import { read } from '../helpers/topologies.js';

type Words = Readonly<Record<'names' | 'evil' | 'addresses' | 'pieces', readonly string[]>> & {
  readonly data: readonly unknown[];
};

export const {
  names: NAMES,
  evil: EVIL,
  addresses: ADDRESSES,
  pieces: PIECES,
  data: DATA,
} = parse(read('test/fuzz/words.yaml')) as Words;

/** Every character there is, half of surrogate pairs included; fast-check's own unit has a table of them all in memory. */
const character = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0x2fff }),
    fc.integer({ min: 0, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));

/** Any text at all. */
export const text = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: character, maxLength });
