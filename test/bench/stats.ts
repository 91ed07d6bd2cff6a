/** Numbers of many rounds to one. */

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** The median of each member. */
export function medians<Key extends string>(
  rounds: readonly Readonly<Record<Key, number>>[],
): Record<Key, number> {
  const keys = Object.keys(rounds[0] ?? {}) as Key[];
  const entries = keys.map((key) => [key, round(median(rounds.map((one) => one[key])))]);
  return Object.fromEntries(entries) as Record<Key, number>;
}

/** Three digits that say something: what is behind them is noise. */
export const round = (value: number): number => Number(value.toPrecision(3));
