/** The longest round trip that the links of a lab can cause: probes must wait that much longer for answers. */
import type { Milliseconds } from '../../core/command.js';
import { memoizedFor } from '../../core/memo.js';
import type { Direction, Impairment } from '../../link/impairment.js';
import type { Lab } from '../lab.js';
import { viewOf } from '../view.js';

/** Standard deviations that cover all but one in some thousands of packets, as a normal distribution has no end. */
const DEVIATIONS = 4;

/**
 * A bound for any two machines: once over each segment that connects routers, and over the slowest others at both ends.
 * @returns 0 where no link delays anything
 */
export const longestTrip = memoizedFor((lab: Lab): Milliseconds => Math.ceil(boundOf(lab) / 1_000));

/** Microseconds. */
function boundOf(lab: Lab): number {
  const view = viewOf(lab);
  let between = 0;
  const ends: number[] = [];
  for (const { name } of lab.segments) {
    const links = view.on(name).map(({ interface: { link } }) => link);
    const slowest = (way: Direction): number => Math.max(0, ...links.map((link) => lateness(link?.[way])));
    const trip = 2 * (slowest('up') + slowest('down'));
    if (view.routersOn(name).length > 1) between += trip;
    else ends.push(trip);
  }
  const [first = 0, second = 0] = ends.sort((one, other) => other - one);
  return between + first + second;
}

const lateness = (way: Impairment | undefined): number =>
  (way?.delay ?? 0) + DEVIATIONS * (way?.jitter?.time ?? 0);
