/** The order in which steps happen, as far as a schedule determines it: how long programs and checks take is unknown. */
import type { Milliseconds } from '../core/command.js';
import { groupBy } from '../core/group-by.js';
import type { Step } from './step.js';

/** When a step begins at the earliest. */
export function earliestTimes(steps: readonly Step[]): (step: Step) => Milliseconds {
  const turns = groupBy(steps, ({ name }) => name);
  const ends = new Map<string, Milliseconds>();
  const begin = ({ start }: Step): Milliseconds =>
    'at' in start ? start.at : endOf(start.after) + start.delay;
  const endOf = (name: string): Milliseconds => {
    const known = ends.get(name);
    if (known !== undefined) return known;
    // Circles are refused elsewhere, but must not cause an endless loop here.
    ends.set(name, 0);
    const end = Math.max(0, ...(turns.get(name) ?? []).map(begin));
    ends.set(name, end);
    return end;
  };
  return begin;
}

/** By their planned time; steps of the same time are in the order of the file. */
export function inOrder(steps: readonly Step[]): Step[] {
  const begin = earliestTimes(steps);
  return steps
    .map((step) => ({ step, at: begin(step) }))
    .sort((a, b) => a.at - b.at)
    .map(({ step }) => step);
}
