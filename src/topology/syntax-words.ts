/** What the YAML parser has to complain of, in the words of somebody who writes a topology. */
import type { YAMLError } from 'yaml';

/** The first sentence of the parser's message, without the position it appends. */
export function syntaxMessage({ message }: YAMLError): string {
  if (message.includes('call stack')) return 'nested deeper than any topology';
  const [, open, close] = UNCLOSED.exec(message) ?? [];
  if (open !== undefined)
    return `the ${open === 'map' ? "'{'" : "'['"} above is not closed with '${close ?? ''}'`;
  const first = (message.split('\n')[0] ?? message).replace(/ at line \d+.*$/, '');
  return WORDS[first] ?? first;
}

/** Where the parser's own are no help to those who do not know YAML's terms. */
const WORDS: Readonly<Record<string, string>> = {
  'Block collections are not allowed within flow collections': "a ':' at the end of a word makes a key of it",
  'Missing closing "quote': 'a text that begins with " does not end with one',
  "Missing closing 'quote": "a text that begins with ' does not end with one",
};

const UNCLOSED = /^Flow (map|sequence) .*end with an? (\S)/;

/** @param at where it is shown: where a quote that nothing ends begins, its error is far behind it */
export function syntaxFix({ message, code }: YAMLError, text: string, at: number): string {
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
  BAD_SCALAR_START: 'put quotes around the text: YAML keeps its first character for itself',
  MULTIPLE_DOCS:
    "keep one topology in a file: remove the line '---' and what follows, or move it to a file of its own",
  BAD_INDENT: 'indent the keys of one map equally',
  MISSING_CHAR: 'close the bracket or quote, and put a colon and a space behind a key',
  MULTILINE_IMPLICIT_KEY: 'put a colon and a space behind a key',
  UNEXPECTED_TOKEN: 'check the brackets and quotes of this line and the one before it',
  TAG_RESOLVE_FAILED: 'remove the tag: a topology uses plain text, numbers and true/false',
};

/** A variable without its quotes where YAML takes its braces for a map's: `{ preset: ${kind} }`. */
export function bareVariable(error: YAMLError | undefined, text: string) {
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
