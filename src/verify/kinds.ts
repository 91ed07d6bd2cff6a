/** Checks the names of kinds that a user gives. */
import { badInput } from '../core/errors.js';
import { didYouMean, list } from '../core/suggest.js';
import { CHECK_KINDS } from './checks/index.js';

const KINDS: readonly string[] = CHECK_KINDS.map(({ kind }) => kind);

type Unknown = { readonly message: string; readonly fix: string };

/** The error for an unknown kind; undefined for a known one. */
export const unknownKind = (kind: string): Unknown | undefined =>
  KINDS.includes(kind)
    ? undefined
    : { message: `there is no kind of check '${kind}'`, fix: didYouMean(kind, KINDS, 'kinds') };

/**
 * Refuses unknown kinds, as a run without checks would pass.
 * @throws LabnetError bad-usage, with exit code 2
 */
export function refuseUnknown(kinds: readonly string[]): void {
  if (kinds.length === 0) throw badInput('bad-usage', 'no kind of check is named', `kinds: ${list(KINDS)}`);
  const [unknown] = kinds.flatMap((kind) => unknownKind(kind) ?? []);
  if (unknown) throw badInput('bad-usage', unknown.message, unknown.fix);
}
