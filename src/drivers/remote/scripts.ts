/** The scripts of a lab's machines, each with the version by which it knows itself. */
import { createHash } from 'node:crypto';
import type { Lab } from '../../model/lab.js';
import { viewOf } from '../../model/view.js';
import type { GuestOptions, GuestScript } from '../../render/guest.js';
import { guestScript } from '../../render/guest.js';
import { readTemplates } from '../../transport/assets.js';

const HASH_LENGTH = 32;

export const guestOptions = (): GuestOptions => ({
  templates: readTemplates(),
  hash: (text) => createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH),
});

export function guestScripts(lab: Lab): ReadonlyMap<string, GuestScript> {
  const view = viewOf(lab);
  const options = guestOptions();
  return new Map(lab.machines.map((machine) => [machine.name, guestScript(view, machine, options)]));
}

/** Of some machines; of all where none are named. */
export const chosen = (
  scripts: ReadonlyMap<string, GuestScript>,
  only: readonly string[] | undefined,
): ReadonlyMap<string, GuestScript> =>
  only ? new Map([...scripts].filter(([machine]) => only.includes(machine))) : scripts;
