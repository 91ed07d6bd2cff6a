/**
 * Permanent neighbours for large labs. The kernel's neighbour table is one for all namespaces, holds 1024 entries by
 * default (net.ipv4.neigh.default.gc_thresh3, arp(7)) and drops packets past that; permanent entries do not count.
 */
import type { Interface, Lab, Machine } from '../model/lab.js';
import type { View } from '../model/view.js';
import { bare, viewOf } from '../model/view.js';
import type { NeighbourStep } from './step.js';

/** Half of the kernel's default: a lab that could ask for more than this knows its neighbours beforehand. */
const ASKED_AT_MOST = 512;
/** Hosts of one segment know each other up to this many; more would be a square of entries hardly ever used. */
const CROWD = 64;

/** What a machine is to know beforehand. */
export type Knows = (machine: Machine) => NeighbourStep[];

export function neighboursIn(lab: Lab): Knows {
  const view = viewOf(lab);
  const sizes = lab.segments.map(({ name }) => view.on(name).length);
  const pairs = sizes.reduce((sum, size) => sum + size * (size - 1), 0);
  if (pairs <= ASKED_AT_MOST) return () => [];
  return (machine) => machine.interfaces.flatMap((own) => neighboursOn(view, machine, own));
}

function neighboursOn(
  view: View,
  { name, kind }: Machine,
  { name: on, segment }: Interface,
): NeighbourStep[] {
  const all = view.on(segment);
  const others = kind === 'router' || all.length <= CROWD ? all : view.routersOn(segment);
  return others
    .filter(({ machine }) => machine.name !== name)
    .flatMap(({ interface: { addresses, mac } }) =>
      addresses.map((address) => ({
        do: 'neighbour',
        machine: name,
        interface: on,
        address: bare(address),
        mac,
      })),
    );
}
