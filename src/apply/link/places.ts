/** Finds links by `MACHINE:SEGMENT`, `MACHINE` (all of it) or `:SEGMENT` (all on it). */
import { badInput } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Lab } from '../../model/lab.js';

export type LinkPlace = { readonly machine: string; readonly segment: string };

/**
 * @param text `A:lan`, `A` for each of its interfaces, `:lan` for each machine on it
 * @throws LabnetError machine-not-found, not-attached, unknown-segment
 */
export function linkPlaces(lab: Lab, text: string): LinkPlace[] {
  const [name = '', segment] = text.split(/:(.*)/s, 2);
  const names = lab.machines.map((machine) => machine.name);
  if (name !== '' && !names.includes(name))
    throw badInput(
      'machine-not-found',
      `there is no machine '${name}' in lab ${lab.name}`,
      didYouMean(name, names, 'machines'),
    );
  const places = lab.machines.flatMap((machine) =>
    machine.interfaces.map((one): LinkPlace => ({ machine: machine.name, segment: one.segment })),
  );
  const own = places.filter(({ machine }) => name === '' || machine === name);
  const found = own.filter((place) => segment === undefined || place.segment === segment);
  if (found.length > 0 && text !== '') return found;
  const segments = [...new Set(own.map((place) => place.segment))];
  const where = name === '' ? 'nobody' : `${name} is not`;
  throw badInput(
    name === '' ? 'unknown-segment' : 'not-attached',
    `${where}${name === '' ? ' is' : ''} on a segment '${segment ?? ''}'`,
    didYouMean(segment ?? '', segments, name === '' ? 'segments' : `segments of ${name}`),
  );
}
