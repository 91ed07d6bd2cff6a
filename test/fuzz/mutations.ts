/** Text of a topology with something done to it: bytes, tokens, lines, indentation, and all that YAML has and a topology does not want. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { ADDRESSES, EVIL, NAMES, PIECES, text } from './words.js';

const HOW = [
  ...[
    'insert',
    'insert',
    'overwrite',
    'delete',
    'duplicate',
    'byte',
    'bytes',
    'token',
    'token',
    'value',
    'value',
  ],
  ...[
    'swap lines',
    'drop line',
    'repeat line',
    'indent',
    'dedent',
    'tabs',
    'join lines',
    'flow',
    'anchor',
    'alias',
    'merge',
  ],
  ...[
    'tag',
    'quote',
    'unquote',
    'unquote',
    'number',
    'directive',
    'document',
    'cut',
    'repeat',
    'repeat',
    'nest',
    'bomb',
    'many',
    'crlf',
    'move',
  ],
] as const;

export const mutation = fc.record({
  how: fc.constantFrom(...HOW),
  /** Where, as a share of the text. */
  at: fc.nat(1 << 20),
  size: fc.oneof(
    { weight: 400, arbitrary: fc.nat(3) },
    { weight: 200, arbitrary: fc.nat(16) },
    { weight: 1, arbitrary: fc.nat(400) },
  ),
  piece: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...PIECES) },
    { weight: 2, arbitrary: fc.constantFrom(...ADDRESSES) },
    { weight: 2, arbitrary: fc.constantFrom(...EVIL) },
    { weight: 2, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 1, arbitrary: text(4) },
    { weight: 1, arbitrary: fc.oneof(fc.integer(), fc.double()).map(String) },
  ),
});
export type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

export const mutate = (text: string, all: readonly Mutation[]): string =>
  all.reduce((now, one) => CHANGES[one.how](now, one), text);

/** What a file holds has been read as UTF-8: half a surrogate pair cannot be in it. */
export const asRead = (text: string): string => Buffer.from(text).toString('utf8');

type Change = (text: string, mutation: Mutation) => string;

const placeIn = (text: string, at: number): number => at % (text.length + 1);
const splice = (text: string, from: number, many: number, piece: string): string =>
  text.slice(0, from) + piece + text.slice(from + many);

/** Does something to one of the lines. */
const onLine =
  (change: (line: string, mutation: Mutation, lines: readonly string[]) => readonly string[]): Change =>
  (text, mutation) => {
    const lines = text.split('\n');
    const at = mutation.at % lines.length;
    return lines.flatMap((line, index) => (index === at ? change(line, mutation, lines) : [line])).join('\n');
  };

/** Does something to one of the words, which values and keys are made of. */
const onWord =
  (change: (word: string, mutation: Mutation, words: readonly string[]) => string): Change =>
  (text, mutation) => {
    const words = text.split(/([^\s,:{}[\]#"']+)/);
    const at = (mutation.at % Math.max(1, words.length >> 1)) * 2 + 1;
    return words.map((word, index) => (index === at ? change(word, mutation, words) : word)).join('');
  };

/** No input becomes larger than this by repetition; files at the limit of size are tried by their own. */
const LARGEST = 60_000;
const many = (piece: string, size: number): string =>
  piece.repeat(Math.min(1 + size * size, Math.ceil(LARGEST / Math.max(1, piece.length))));

const CHANGES: Readonly<Record<(typeof HOW)[number], Change>> = {
  insert: (text, { at, piece }) => splice(text, placeIn(text, at), 0, piece),
  overwrite: (text, { at, piece }) => splice(text, placeIn(text, at), piece.length, piece),
  delete: (text, { at, size }) => splice(text, placeIn(text, at), size, ''),
  duplicate: (text, { at, size }) => {
    const from = placeIn(text, at);
    return splice(text, from, 0, text.slice(from, from + size));
  },
  byte: (text, { at, size }) => splice(text, placeIn(text, at), 1, String.fromCharCode(size % 256)),
  bytes: (text, { at, size }) => {
    const bytes = Buffer.from(text);
    if (bytes.length > 0) bytes[at % bytes.length] = size % 256;
    return bytes.toString('utf8');
  },
  token: onWord((_, { piece }) => piece),
  value: (text, { at, piece }) => {
    const found = [...text.matchAll(/: +[^\s{[][^\n,}\]]*/g)];
    const one = found[at % Math.max(1, found.length)];
    return one ? splice(text, one.index, one[0].length, `: ${piece}`) : text + piece;
  },
  'swap lines': onLine((line, { size }, lines) => [lines[size % lines.length] ?? '', line]),
  'drop line': onLine(() => []),
  'repeat line': onLine((line, { size }) => many(`${line}\n`, size % 20).split('\n')),
  indent: onLine((line, { size }) => [' '.repeat(size) + line]),
  dedent: onLine((line, { size }) => [line.slice(Math.min(size, line.length - line.trimStart().length))]),
  tabs: onLine((line) => [line.replace(/^ +/, '\t')]),
  'join lines': (text, { at }) => {
    const next = text.indexOf('\n', placeIn(text, at));
    return next < 0 ? text : splice(text, next, 1, '');
  },
  flow: onLine((line, { size }) => [line.replace(/(: *)(.*)$/, size % 2 === 0 ? '$1[$2]' : '$1{ $2 }')]),
  anchor: onWord((word, { size }) => `&${size % 2 === 0 ? 'a' : word} ${word}`),
  alias: onWord((word, { size }) => `*${size % 2 === 0 ? 'a' : word}`),
  merge: onLine((line, { size }) => [line, `${' '.repeat(size % 8)}<<: *a`]),
  tag: onWord((word, { piece }) => `!${piece.startsWith('!') ? piece : `!${piece} `}${word}`),
  quote: onWord((word, { size }) => (size % 2 === 0 ? `"${word}"` : `'${word}'`)),
  /** So that a word is what YAML takes it for: true, null, a number, a date, an alias. */
  unquote: (text, { at }) => {
    const found = [...text.matchAll(/"([^"\n\\]*)"|'([^'\n]*)'/g)];
    const one = found[at % Math.max(1, found.length)];
    return one ? splice(text, one.index, one[0].length, one[1] ?? one[2] ?? '') : text;
  },
  /** The same number, or one near it, as one of the ways that YAML has of writing it. */
  number: (text, { at, size }) => {
    const found = [...text.matchAll(/(?<=[\s:[,/])\d{1,9}(?=[\s,}\]/]|$)/gm)];
    const one = found[at % Math.max(1, found.length)];
    return one ? splice(text, one.index, one[0].length, numeral(Number(one[0]), size)) : text;
  },
  directive: (text, { piece }) => `%${piece}\n---\n${text}`,
  document: (text, { size }) => (size % 2 === 0 ? `${text}\n---\n${text}` : `${text}\n...\n`),
  cut: (text, { at }) => text.slice(0, placeIn(text, at)),
  repeat: (text, { at, piece, size }) => splice(text, placeIn(text, at), 0, many(piece, size)),
  nest: (text, { at, size }) => {
    const [open, close] = (
      [
        ['[', ']'],
        ['{a: ', '}'],
        ['- ', ''],
        ['? ', ''],
        ['a:\n', ''],
      ] as const
    )[at % 5] ?? ['', ''];
    return splice(text, placeIn(text, at), 0, `${many(open, size)}x${many(close, size)}`);
  },
  bomb: (text, { at, size }) => `${bomb(2 + (size % 12), 2 + (at % 9))}${text}`,
  many: (text, { at, size, piece }) => splice(text, placeIn(text, at), 0, rows(size * size, at, piece)),
  crlf: (text, { size }) => text.replaceAll('\n', size % 2 === 0 ? '\r\n' : '\r'),
  move: (text, { at, size }) => {
    const from = placeIn(text, at);
    const to = (from * 7 + size) % (text.length + 1);
    return splice(splice(text, from, size, ''), to, 0, text.slice(from, from + size));
  },
};

/** In any base, with signs, leading zeroes, fractions, exponents, sixties and underscores. */
const numeral = (value: number, kind: number): string =>
  [
    `0x${value.toString(16)}`,
    `0o${value.toString(8)}`,
    `0b${value.toString(2)}`,
    `0${value}`,
    `+${value}`,
    `-${value}`,
    `${value}.0`,
    `${value}.5`,
    `${value}e0`,
    `${value / 10}e1`,
    `${value}_000`,
    `${value}:30`,
    `1:${value}`,
    `${value}n`,
    `"${value}"`,
    `${value}000000000000000000000`,
    `${value}-01-01`,
  ][kind % 17] ?? '';

/** Aliases of aliases: a billion laughs. */
function bomb(rowsThere: number, width: number): string {
  const list = (item: string): string => `[${Array.from({ length: width }, () => item).join(', ')}]`;
  return Array.from(
    { length: rowsThere },
    (_, index) => `z${index}: &z${index} ${list(index === 0 ? 'x' : `*z${index - 1}`)}\n`,
  ).join('');
}

/** Lines that are alike but for a number. */
const rows = (wanted: number, kind: number, piece: string): string => {
  const length = Math.min(wanted, Math.ceil(LARGEST / (piece.length + 12)));
  const row = (index: number): string =>
    [
      `\n  k${index}: ${piece}`,
      `\nk${index}: { ${piece} }`,
      `k${index},`,
      `\n  - { k: ${index} }`,
      `{a: ${index}, `,
    ][kind % 5] ?? '';
  return Array.from({ length }, (_, index) => row(index)).join('');
};
