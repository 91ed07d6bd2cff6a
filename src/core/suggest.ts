import { closest, distance } from 'fastest-levenshtein';

/** With more candidates than this nothing is suggested: a large file with many mistakes would take minutes. */
const COMPARED = 500;

/** The candidate that a mistyped word most likely means; undefined where none is similar. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const lower = word.toLowerCase();
  const reach = Math.max(1, Math.floor(word.length / 3));
  const near = candidates.filter(({ length }) => Math.abs(length - word.length) <= reach).slice(0, COMPARED);
  if (near.length === 0) return undefined;
  const best = closest(
    lower,
    near.map((candidate) => candidate.toLowerCase()),
  );
  const found = near.find((candidate) => candidate.toLowerCase() === best);
  return distance(lower, best) <= reach ? found : undefined;
}

/** "did you mean X?", or a list of the valid names, for the fix of a diagnostic. */
export function didYouMean(word: string, candidates: readonly string[], what: string): string {
  const near = nearest(word, candidates);
  if (near !== undefined) return `did you mean '${near}'?`;
  if (candidates.length === 0) return `the file has no ${what}`;
  return `${what}: ${list(candidates)}`;
}

/** At most ten names, so that the message stays one line. */
export function list(names: readonly string[]): string {
  return names.length <= 10
    ? names.join(', ')
    : `${names.slice(0, 9).join(', ')} and ${names.length - 9} more`;
}
