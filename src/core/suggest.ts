import { closest, distance } from 'fastest-levenshtein';

/** The candidate a mistyped word is likeliest to mean, or undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length > 64) return undefined;
  const lower = word.toLowerCase();
  const best = closest(
    lower,
    candidates.map((candidate) => candidate.toLowerCase()),
  );
  const found = candidates.find((candidate) => candidate.toLowerCase() === best);
  return distance(lower, best) <= Math.max(1, Math.floor(word.length / 3)) ? found : undefined;
}

/** "did you mean X?", or the list of what there is, for the fix of a diagnostic. */
export function didYouMean(word: string, candidates: readonly string[], what: string): string {
  const near = nearest(word, candidates);
  if (near !== undefined) return `did you mean '${near}'?`;
  if (candidates.length === 0) return `the file has no ${what}`;
  return `${what}: ${list(candidates)}`;
}

/** At most ten names, so that a large lab's message stays a line. */
export function list(names: readonly string[]): string {
  return names.length <= 10
    ? names.join(', ')
    : `${names.slice(0, 9).join(', ')} and ${names.length - 9} more`;
}
