/** Refuses a lab that does not fit on this computer, before any of it is made. */
import { isError } from '../core/diagnostic.js';
import { LabnetError } from '../core/errors.js';
import type { Emit } from '../core/events.js';
import { inPhase } from '../core/phases.js';
import type { Driver } from '../drivers/driver.js';
import type { Lab } from '../model/lab.js';

/**
 * @param before the running lab, where `up` changes one
 * @throws LabnetError no-room
 */
export function requireRoom(driver: Driver, lab: Lab, emit: Emit, before?: Lab): void {
  const found = inPhase('room', () => driver.room(lab, before));
  const errors = found.filter(isError);
  if (errors.length > 0) throw new LabnetError(errors);
  for (const warning of found) emit({ kind: 'warning', warning });
}
