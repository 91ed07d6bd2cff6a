/** Where packets are captured: a machine, or its interface on one segment. */
import { badInput } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Interface, Lab } from '../../model/lab.js';
import { bare } from '../../model/view.js';

export type CapturePlace = {
  /** As the user wrote it: `router`, `router:intnetA`. */
  readonly text: string;
  readonly machine: string;
  readonly segment?: string;
  /** An address of the interface, by which it is found in the machine; undefined for all interfaces. */
  readonly address?: string;
};

/** @throws LabnetError machine-not-found, not-attached */
export function placesOf(lab: Lab, texts: readonly string[]): CapturePlace[] {
  const found = [...new Set(texts)].map((text) => placeOf(lab, text));
  if (found.length === 0)
    throw badInput('bad-usage', 'no place to capture at was given', 'name a machine, or MACHINE:SEGMENT');
  return found;
}

function placeOf(lab: Lab, text: string): CapturePlace {
  const [name = '', segment] = text.split(/:(.*)/s, 2);
  const machine = lab.machines.find((one) => one.name === name);
  if (!machine)
    throw badInput(
      'machine-not-found',
      `there is no machine '${name}' in lab ${lab.name}`,
      didYouMean(
        name,
        lab.machines.map((one) => one.name),
        'machines',
      ),
    );
  if (segment === undefined) return { text, machine: name };
  const on = machine.interfaces.find((one) => one.segment === segment);
  if (!on)
    throw badInput(
      'not-attached',
      `${name} is not on a segment '${segment}'`,
      didYouMean(
        segment,
        machine.interfaces.map((one) => one.segment),
        `segments of ${name}`,
      ),
    );
  return { text, machine: name, segment, ...addressOf(on) };
}

function addressOf({ addresses: [first] }: Interface): Pick<CapturePlace, 'address'> {
  return first === undefined ? {} : { address: bare(first) };
}
