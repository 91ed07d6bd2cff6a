/** Whether this computer can make all that a run does to its lab, before anything is brought up. */
import type { Diagnostic, Place } from '../../core/diagnostic.js';
import { isError } from '../../core/diagnostic.js';
import { LabnetError } from '../../core/errors.js';
import type { Driver } from '../../drivers/driver.js';
import type { PlannedRun } from './load.js';

/** @throws LabnetError of what cannot be, each once, at the step that asks for it */
export function requireAble(driver: Driver, runs: readonly PlannedRun[]): void {
  const found = new Map<string, Diagnostic>();
  for (const { states } of runs) {
    const [first, ...changed] = states;
    if (!first) continue;
    const note = (one: Diagnostic, at?: Place): void => {
      // What is missing is said where it is first asked for.
      const key = one.fix ?? one.message;
      if (!found.has(key)) found.set(key, { ...one, ...(at && { at }) });
    };
    driver
      .room(first.lab)
      .filter(isError)
      .forEach((one) => note(one));
    for (const { lab, at } of changed)
      driver
        .room(lab, first.lab)
        .filter(isError)
        .forEach((one) => note(one, at));
  }
  if (found.size > 0) throw new LabnetError([...found.values()]);
}
