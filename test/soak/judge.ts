/** What of a soak has grown: pure, of what there was before it and after each cycle. */
import type { Resources } from './resources.js';

/** What has to be as it was before anything was done. */
const EXACT = ['processes', 'namespaces', 'mounts', 'files'] as const;
/** What this process makes once, when it is first needed: as after the first cycles. */
const WARM = ['fds', 'threads'] as const;
const WARM_UP = 2;
/** Cycles from which on memory says something. */
const LONG = 100;
/** Bytes a cycle over the second half of a long soak, which would be a leak. */
const HEAP_SLOPE = 10_000;
/**
 * As root a cycle has four worker threads, and koffi (3.3.4) keeps 40 kB of each that has loaded it: its InitModule makes an
 * InstanceData that nobody deletes. A thread without koffi leaves nothing.
 */
const RESIDENT_SLOPE = 250_000;
const MOST_HEAP = 40e6;

/** A line for each; empty where there is none. */
export function leaksIn([before, ...cycles]: readonly Resources[]): string[] {
  const last = cycles.at(-1);
  const warm = cycles[Math.min(WARM_UP, cycles.length) - 1];
  if (!before || !last || !warm) return ['nothing was done'];
  const grown = (key: keyof Resources, from: Resources, by = 0): string[] =>
    last[key] > from[key] + by
      ? [`${key}: ${from[key]} before, ${last[key]} after ${cycles.length} cycles`]
      : [];
  return [
    ...EXACT.flatMap((key) => grown(key, before)),
    ...WARM.flatMap((key) => grown(key, warm)),
    // Others on the machine have some too: a leak is one a cycle.
    ...grown('keys', before, cycles.length - 1),
    ...grown('heap', { ...before, heap: MOST_HEAP }),
    ...(cycles.length < LONG ? [] : slopes(cycles.slice(cycles.length / 2))),
  ];
}

function slopes(cycles: readonly Resources[]): string[] {
  const check = (key: 'heap' | 'resident', most: number): string[] => {
    const slope = slopeOf(cycles.map((one) => one[key]));
    return slope > most ? [`${key}: grows by ${Math.round(slope)} bytes a cycle`] : [];
  };
  return [...check('heap', HEAP_SLOPE), ...check('resident', RESIDENT_SLOPE)];
}

/** Of the line of least squares through values at 0, 1, 2 … */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const above = values.reduce((sum, value, at) => sum + (at - middle) * value, 0);
  const below = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  return below === 0 ? 0 : above / below;
}
