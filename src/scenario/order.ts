/** In which order steps come to pass, as far as a schedule says: how long programs and checks take is not known. */
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
    // A circle is refused elsewhere; here it must not go on for ever.
    ends.set(name, 0);
    const end = Math.max(0, ...(turns.get(name) ?? []).map(begin));
    ends.set(name, end);
    return end;
  };
  return begin;
}

/** By their planned time; those of the same time in the order of the file. */
export function inOrder(steps: readonly Step[]): Step[] {
  const begin = earliestTimes(steps);
  return steps
    .map((step) => ({ step, at: begin(step) }))
    .sort((a, b) => a.at - b.at)
    .map(({ step }) => step);
}
