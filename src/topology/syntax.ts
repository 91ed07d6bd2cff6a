/** Errors of the YAML parser as diagnostics, in words for somebody who writes a topology. */
import type { Document, YAMLError } from 'yaml';
import { visit } from 'yaml';
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import type { Lines } from './lines.js';

/** A tab that indents a line makes further errors in that line, which are left out. */
export function syntaxErrors(
  document: Document,
  errors: readonly YAMLError[],
  lines: Lines,
): readonly Diagnostic[] {
  const bare = bareVariable(errors[0], lines.text);
  if (bare) {
    // The parser's errors in the rest of the file follow from it.
    const { at, length, message, fix } = bare;
    return [diagnostic('yaml-syntax', message, { at: lines.place([at, at + length]), fix })];
  }
  const lineOf = ({ pos }: YAMLError): number => lines.lineOf(pos[0]);
  const tabbed = new Set(errors.filter(({ code }) => code === 'TAB_AS_INDENT').map(lineOf));
  return errors
    .filter((error) => error.code === 'TAB_AS_INDENT' || !tabbed.has(lineOf(error)))
    .map((error) => syntaxError(document, error, lines));
}

function syntaxError(document: Document, error: YAMLError, lines: Lines): Diagnostic {
  const [from, to] = openingQuote(document, error);
  const fix = syntaxFix(error, lines.text, from);
  return diagnostic('yaml-syntax', syntaxMessage(error), { at: lines.place([from, to]), fix });
}

/** Of a quote that is never closed: where it opens, as the parser's position is the end of the file. */
function openingQuote(document: Document, error: YAMLError): readonly [number, number] {
  let found = error.pos;
  if (!error.message.startsWith('Missing closing')) return found;
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type?.startsWith('QUOTE') && range && range[1] >= error.pos[0]) found = [range[0], range[0] + 1];
    },
  });
  return found;
}

/** The first sentence of the parser's message, without the position it appends. */
function syntaxMessage({ message }: YAMLError): string {
  if (message.includes('call stack')) return 'nested deeper than any topology';
  const [, open, close] = UNCLOSED.exec(message) ?? [];
  if (open !== undefined)
    return `the ${open === 'map' ? "'{'" : "'['"} above is not closed with '${close ?? ''}'`;
  const first = (message.split('\n')[0] ?? message).replace(/ at line \d+.*$/, '');
  return WORDS[first] ?? first;
}

/** For messages of the parser that need YAML's own terms to be understood. */
const WORDS: Readonly<Record<string, string>> = {
  'Block collections are not allowed within flow collections': "a ':' at the end of a word makes a key of it",
  'Missing closing "quote': 'a text that begins with " does not end with one',
  "Missing closing 'quote": "a text that begins with ' does not end with one",
};

const UNCLOSED = /^Flow (map|sequence) .*end with an? (\S)/;

/** @param at the offset that is shown */
function syntaxFix({ message, code }: YAMLError, text: string, at: number): string {
  if (UNCLOSED.test(message)) return 'close the bracket';
  if (code === 'TAB_AS_INDENT' || /^\s*\t/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1))) {
    return 'indent with spaces: YAML does not allow tabs';
  }
  if (code === 'BAD_ALIAS') return "quote the text if it only starts with '*' or '&'";
  return (
    SYNTAX_FIXES[code] ?? 'check the quotes, brackets and indentation of this line and the one before it'
  );
}

const SYNTAX_FIXES: Readonly<Record<string, string>> = {
  BLOCK_IN_FLOW:
    "put quotes around text with a ':' at its end or before a space, such as the address '2001:db8::'",
  BAD_SCALAR_START: 'put quotes around the text: its first character has a meaning in YAML',
  MULTIPLE_DOCS:
    "keep one topology in a file: remove the line '---' and what follows, or move it to a file of its own",
  BAD_INDENT: 'indent the keys of one map equally',
  MISSING_CHAR: 'close the bracket or quote, and put a colon and a space behind a key',
  MULTILINE_IMPLICIT_KEY: 'put a colon and a space behind a key',
  UNEXPECTED_TOKEN: 'check the brackets and quotes of this line and the one before it',
  TAG_RESOLVE_FAILED: 'remove the tag: a topology uses plain text, numbers and true/false',
};

/** A variable without quotes, whose braces YAML takes for those of a map: `{ preset: ${kind} }`. */
function bareVariable(error: YAMLError | undefined, text: string) {
  const [from = 0] = error?.pos ?? [];
  const [variable] = /^\$\{[\w-]{1,40}\}/.exec(text.slice(from - 1, from + 50)) ?? [];
  if (error === undefined || from === 0 || variable === undefined) return undefined;
  return {
    at: from - 1,
    length: variable.length,
    message: `${variable} needs quotes within braces and brackets`,
    fix: `write "${variable}"`,
  };
}
