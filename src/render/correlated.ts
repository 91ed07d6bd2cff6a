/**
 * Corrects the share for netem's correlated probabilities. Its random number is a mean of a new one and the last one (get_crandom in
 * sch_netem.c: x' = (1 - c) u + c x), which is rarely near 0: with a correlation of 25 % it is below 1 % once in ten thousand packets.
 * Therefore netem gets the value that its number is below as often as declared.
 */

/** Points of the distribution between 0 and 1. */
const POINTS = 1_024;
/** Less than this much changes: the distribution is found. */
const ENOUGH = 1e-9;
const MOST_TURNS = 200;

/**
 * @param percent the declared share, 0 to 100
 * @param correlation percent, 0 to 100
 * @returns the share to give to netem, percent
 */
export function askedShare(percent: number, correlation: number): number {
  if (correlation <= 0 || correlation >= 100 || percent <= 0 || percent >= 100) return percent;
  const share = percent / 100;
  const below = distribution(correlation / 100);
  const at = below.findIndex((one) => one >= share);
  const [low = 0, high = 1] = [below[at - 1], below[at]];
  return (100 * (at - 1 + (share - low) / (high - low))) / POINTS;
}

const known = new Map<number, readonly number[]>();

/** The stationary distribution of the number: its probability to be below each of the points. */
function distribution(c: number): readonly number[] {
  const found = known.get(c);
  if (found) return found;
  let now = bell(c);
  for (let turn = 0, change = 1; turn < MOST_TURNS && change > ENOUGH; turn++) {
    const next = afterTurn(now, c);
    change = Math.max(...next.map((one, at) => Math.abs(one - (now[at] ?? 0))));
    now = next;
  }
  known.set(c, now);
  return now;
}

/** A first approximation with the right mean and variance, which is (1 - c) / (1 + c) of that of a uniform number. */
function bell(c: number): readonly number[] {
  const deviation = Math.sqrt((1 - c) / (1 + c) / 12);
  return Array.from(
    { length: POINTS + 1 },
    (_, at) => 1 / (1 + Math.exp((-1.702 * (at / POINTS - 0.5)) / deviation)),
  );
}

/** P(x' < y) is the mean of P(x < (y - (1 - c) u) / c) over u: an integral of the distribution before. */
function afterTurn(before: readonly number[], c: number): readonly number[] {
  const sums = [0];
  for (let at = 1; at <= POINTS; at++)
    sums.push((sums[at - 1] ?? 0) + ((before[at - 1] ?? 0) + (before[at] ?? 0)) / (2 * POINTS));
  const integral = (x: number): number => {
    if (x <= 0) return 0;
    if (x >= 1) return (sums[POINTS] ?? 0) + (x - 1);
    const at = Math.floor(x * POINTS);
    const [low = 0, high = 0] = [sums[at], sums[at + 1]];
    return low + (high - low) * (x * POINTS - at);
  };
  return before.map((_, at) => {
    const y = at / POINTS;
    return (c / (1 - c)) * (integral(y / c) - integral((y - (1 - c)) / c));
  });
}
