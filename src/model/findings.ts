/** The diagnostics of one file: no duplicates, no endless texts, and no more than anybody reads. */
import type { Diagnostic, DiagnosticCode, Place } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { LIMITS } from '../topology/document.js';

/** Thrown to stop the search for more. */
export class Enough extends Error {}

export class Findings {
  readonly #found = new Map<string, Diagnostic>();
  #heard = 0;

  constructor(found: readonly Diagnostic[]) {
    for (const one of found) this.#found.set(keyOf(one), one);
  }

  /** @throws Enough */
  add(code: DiagnosticCode, message: string, at: Place, fix: () => string | undefined): void {
    if (++this.#heard > MOST_HEARD) throw new Enough();
    const key = keyOf({ code, message, at });
    if (this.#found.has(key)) return;
    this.#found.set(key, diagnostic(code, message, { at, fix: fix() }));
    if (this.#found.size >= LIMITS.diagnostics) throw new Enough();
  }

  /** In the order of the file. */
  sorted(): readonly Diagnostic[] {
    return [...this.#found.values()].map(tidied).sort(byPlace).slice(0, LIMITS.diagnostics);
  }
}

/** Members of a counted machine have the same error, with different numbers in the text. */
const keyOf = ({ code, message, at }: Pick<Diagnostic, 'code' | 'message' | 'at'>): string =>
  `${code} ${at?.line ?? 0}:${at?.column ?? 0} ${message.replace(/\d+/g, '')}`;

const byPlace = ({ at: a }: Diagnostic, { at: b }: Diagnostic): number =>
  (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);

/** Most is the same again, of the next member of something counted. */
const MOST_HEARD = 100_000;
/** No sentence of ours is as long. */
const SENTENCE = 1_000;

const tidied = (one: Diagnostic): Diagnostic => ({
  ...one,
  message: shortened(one.message),
  ...(one.fix !== undefined && { fix: shortened(one.fix) }),
});

/** Quotations from the file may be long and have several lines: at most 80 characters are shown, in one line. */
const shortened = (text: string): string => {
  const line = text.replace(/(['"])(.{80})[^'"]{3,}\1/gsu, '$1$2…$1').replace(/\s*[\r\n]+\s*/g, ' ');
  return line.length > SENTENCE ? `${line.slice(0, SENTENCE)}…` : line;
};
