/** Diagnostics as text: the message, the place with its line and a caret, and the fix. */
import type { Diagnostic, Place } from '../core/diagnostic.js';
import { isError } from '../core/diagnostic.js';
import { count } from '../core/text.js';
import type { Style } from './style.js';

const SHOWN_AT_MOST = 50;
/** The most characters of a line to show, around the place of the error. */
const WIDTH = 110;

export function diagnosticsText(diagnostics: readonly Diagnostic[], style: Style): string {
  const shown = diagnostics.slice(0, SHOWN_AT_MOST);
  const parts = shown.map((one) => diagnosticText(one, style));
  if (shown.length < diagnostics.length)
    parts.push(style.dim(`… and ${diagnostics.length - shown.length} more`));
  const errors = diagnostics.filter(isError).length;
  const warnings = diagnostics.length - errors;
  const inFile = diagnostics.some(({ at }) => at !== undefined);
  const counts = [
    errors > 0 ? count(errors, 'error') : '',
    warnings > 0 ? count(warnings, 'warning') : '',
  ].filter((text) => text !== '');
  return [...parts, ...(inFile && diagnostics.length > 1 ? [counts.join(', ')] : [])].join('\n');
}

const BRIEF_AT_MOST = 5;

/** The first few diagnostics, one line each. */
export function briefText(diagnostics: readonly Diagnostic[], style: Style): string {
  const lines = diagnostics.slice(0, BRIEF_AT_MOST).map(({ severity, message, at }) => {
    const where = at ? `${printable(at.file)}:${at.line}:${at.column}: ` : '';
    return `${style.yellow(severity)}: ${where}${printable(message)}`;
  });
  const more = diagnostics.length - lines.length;
  return [
    ...lines,
    ...(more > 0 ? [style.dim(`… and ${more} more: 'labnet validate' shows them`)] : []),
  ].join('\n');
}

function diagnosticText({ code, severity, message, at, fix }: Diagnostic, style: Style): string {
  const paint = severity === 'error' ? style.red : style.yellow;
  const head = `${paint(style.bold(severity))}${style.dim(`[${code}]`)}: ${printable(message)}`;
  const gutter = ' '.repeat(String(at?.line ?? '').length);
  const body = at ? placeLines(at, gutter, paint, style) : [];
  return [
    head,
    ...body,
    ...(fix === undefined ? [] : [`${at ? `${gutter} = ` : '  '}${style.cyan('fix')}: ${printable(fix)}`]),
  ].join('\n');
}

function placeLines(
  { file, line, column, length, text }: Place,
  gutter: string,
  paint: (text: string) => string,
  style: Style,
): string[] {
  const where = `${gutter}${style.dim('-->')} ${printable(file)}:${line}:${column}`;
  // Only the beginning of a very long line is known.
  if (text === '' || column > text.length + 1) return [where];
  const start = Math.max(0, Math.min(column - 1 - WIDTH / 2, text.length - WIDTH));
  const shown = printable(text.slice(start, start + WIDTH)).replaceAll('\t', ' ');
  const caret = '^'.repeat(Math.max(1, Math.min(length, WIDTH - (column - 1 - start))));
  const bar = style.dim('|');
  return [
    where,
    `${gutter} ${bar}`,
    `${style.dim(`${line}`)} ${bar} ${shown}`,
    `${gutter} ${bar} ${' '.repeat(column - 1 - start)}${paint(caret)}`,
  ];
}

/** Removes control characters from text of a file, which could move the cursor or change colours; newlines stay. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
