/** Finds the machines that do not change between two labs. */
import { deepEqual } from '../core/deep-equal.js';
import type { Interface, Lab, Machine } from '../model/lab.js';
import { knowsNeighbours } from './neighbours.js';

/** Ignored: the line of a machine in the file. */
const PLACE = 'line';

/** @returns the names of machines that are the same, and have the same neighbours */
export function unchangedIn(before: Lab, after: Lab): Set<string> {
  if (knowsNeighbours(before) !== knowsNeighbours(after)) return new Set();
  const known = new Map(before.machines.map((machine) => [machine.name, machine]));
  const touched = touchedSegments(known, after);
  return new Set(
    after.machines
      .filter(
        (machine) =>
          deepEqual(known.get(machine.name), machine, PLACE) &&
          !machine.interfaces.some(({ segment }) => touched.has(segment)),
      )
      .map(({ name }) => name),
  );
}

/** The segments on which a machine is added, removed or changed. */
function touchedSegments(known: ReadonlyMap<string, Machine>, after: Lab): Set<string> {
  const touched = new Set<string>();
  const gone = new Map(known);
  for (const { name, interfaces } of after.machines) {
    const old = known.get(name)?.interfaces ?? NONE;
    gone.delete(name);
    if (deepEqual(old, interfaces)) continue;
    for (const one of lacking(old, interfaces)) touched.add(one.segment);
    for (const one of lacking(interfaces, old)) touched.add(one.segment);
  }
  for (const { interfaces } of gone.values()) for (const { segment } of interfaces) touched.add(segment);
  return touched;
}

const NONE: readonly Interface[] = [];

const lacking = (some: readonly Interface[], others: readonly Interface[]): Interface[] =>
  others.filter((one) => !some.some((other) => deepEqual(one, other)));
