/** Kinds of check that a user asks for. */
import { badInput } from '../core/errors.js';
import { didYouMean, list } from '../core/suggest.js';
import { CHECK_KINDS } from './checks/index.js';

const KINDS: readonly string[] = CHECK_KINDS.map(({ kind }) => kind);

/**
 * A misspelt kind would be a run of no checks, which none fails.
 * @throws LabnetError bad-usage, with exit code 2
 */
export function refuseUnknown(kinds: readonly string[]): void {
  if (kinds.length === 0) throw badInput('bad-usage', 'no kind of check is named', `kinds: ${list(KINDS)}`);
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown === undefined) return;
  const fix = didYouMean(unknown, KINDS, 'kinds');
  throw badInput('bad-usage', `there is no kind of check '${unknown}'`, fix);
}
