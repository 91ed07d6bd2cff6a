/** The lines of a file: which line and column an offset of its text is in. */
import { LineCounter } from 'yaml';
import type { Place } from '../core/diagnostic.js';

/** Characters of a line that are shown: people write no longer ones. */
export const LONGEST_LINE = 2_000;

export class Lines {
  readonly #counter = new LineCounter();
  readonly #texts = new Map<number, string>();

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    // Counted here, as the parser's own count leaves out lines that have errors.
    this.#counter.addNewLine(0);
    for (const { index } of text.matchAll(/\n/g)) this.#counter.addNewLine(index + 1);
  }

  /** From 1. */
  lineOf(offset: number): number {
    return this.#counter.linePos(offset).line;
  }

  /** The first line of a range of offsets. */
  place([from, to]: readonly [number, number]): Place {
    const { line, col } = this.#counter.linePos(Math.min(from, this.text.length));
    const text = this.#textOf(Math.max(1, line));
    const column = Math.max(1, col);
    const length = Math.max(1, Math.min(to - from, text.length - column + 1));
    return { file: this.file, line: Math.max(1, line), column, length, text };
  }

  /** Kept, as a file that is one long line has all its places in it. */
  #textOf(line: number): string {
    const known = this.#texts.get(line);
    if (known !== undefined) return known;
    const start = this.#counter.lineStarts[line - 1] ?? 0;
    const text = /^[^\r\n]*/.exec(this.text.slice(start, start + LONGEST_LINE))?.[0] ?? '';
    this.#texts.set(line, text);
    return text;
  }
}
