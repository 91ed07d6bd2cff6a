/** Reads YAML text as yaml's parseDocument does, with limits that no real topology reaches. */
import type { CST } from 'yaml';
import { Composer, Document, Lexer, Parser, YAMLParseError } from 'yaml';
import type { DiagnosticCode } from '../core/diagnostic.js';

/** A file beyond these is refused before it is parsed further, so that no file takes much time or memory. */
export const LIMITS = {
  bytes: 1 << 19,
  /** Pieces of YAML: words, marks, spaces, line ends. */
  tokens: 200_000,
  aliases: 100,
  depth: 16,
  syntaxErrors: 10,
  /** A file that is no topology at all could have one for every word. */
  diagnostics: 1_000,
} as const;

/** What stopped the reading, and where in the text. */
export type Refusal = {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly fix: string;
  readonly offset: number;
};
export type ReadDocument = { readonly document: Document; readonly refusal?: Refusal };

/**
 * Without uniqueKeys, as yaml compares each key with every other one; structure.ts finds duplicates in one pass. The result
 * is plain data, even where a tag or a directive asks for sets, dates, bytes or merged maps.
 */
const OPTIONS = {
  uniqueKeys: false,
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  merge: false,
} as const;

export function readDocument(text: string): ReadDocument {
  const { stackTraceLimit } = Error;
  // yaml creates an Error for each mistake; with thousands of them the stack traces would take seconds.
  Error.stackTraceLimit = 0;
  try {
    let document: Document | undefined;
    for (const next of new Composer(OPTIONS).compose(tokensOf(text), true, text.length)) {
      document ??= next;
      if (document === next) continue;
      const [from, to] = next.range;
      document.errors.push(new YAMLParseError([from, to], 'MULTIPLE_DOCS', 'there are several documents'));
      break;
    }
    return { document: document ?? new Document() };
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    return { document: new Document(), refusal: error.refusal };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class TooMuch extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** Tokens of these types give errors only. After enough of them the rest of the file is not read. */
const FRUITLESS: ReadonlySet<CST.Token['type']> = new Set(['error', 'directive']);

function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser();
  let [pieces, fruitless] = [0, 0];
  for (const piece of new Lexer().lex(text)) {
    for (const token of parser.next(piece)) {
      if (FRUITLESS.has(token.type)) fruitless++;
      yield token;
    }
    if (fruitless > LIMITS.syntaxErrors) return;
    refuse(++pieces, parser);
  }
  yield* parser.end();
}

/** The stack of the parser has an entry for the document, for each open collection, and for a scalar. */
function refuse(pieces: number, { stack, offset }: Parser): void {
  if (pieces > LIMITS.tokens)
    throw new TooMuch({
      code: 'file-too-large',
      message: `the file has more than ${LIMITS.tokens} words and marks`,
      fix: "use 'count' for machines that are alike",
      offset,
    });
  if (stack.length > LIMITS.depth + 2)
    throw new TooMuch({
      code: 'nested-too-deep',
      message: `nested more than ${LIMITS.depth} levels deep`,
      fix: 'a topology needs no more than 6 levels',
      offset: offset - 1,
    });
}
