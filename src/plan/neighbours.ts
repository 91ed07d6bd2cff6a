/**
 * Permanent neighbours for large labs. The kernel's neighbour table is one for all namespaces, holds 1024 entries by
 * default (net.ipv4.neigh.default.gc_thresh3, arp(7)) and drops packets past that; permanent entries do not count.
 */
import type { Lab } from '../model/lab.js';
import type { Attachment, View } from '../model/view.js';
import { bare, viewOf } from '../model/view.js';
import type { NeighbourStep } from './step.js';

/** Half of the kernel's default: a lab that could ask for more than this knows its neighbours beforehand. */
const ASKED_AT_MOST = 512;
/** Hosts of one segment know each other up to this many; more would be a square of entries hardly ever used. */
const CROWD = 64;

export function neighbourSteps(lab: Lab): NeighbourStep[] {
  const view = viewOf(lab);
  const pairs = lab.segments.reduce(
    (sum, { name }) => sum + view.on(name).length * (view.on(name).length - 1),
    0,
  );
  if (pairs <= ASKED_AT_MOST) return [];
  return lab.segments.flatMap(({ name }) => onSegment(view, name));
}

function onSegment(view: View, segment: string): NeighbourStep[] {
  const all = view.on(segment);
  const routers = view.routersOn(segment);
  return all.flatMap((one) => {
    const others = one.machine.kind === 'router' || all.length <= CROWD ? all : routers;
    return others.filter((other) => other.machine !== one.machine).flatMap((other) => knows(one, other));
  });
}

const knows = (
  { machine, interface: { name } }: Attachment,
  { interface: other }: Attachment,
): NeighbourStep[] =>
  other.addresses.map((address) => ({
    do: 'neighbour',
    machine: machine.name,
    interface: name,
    address: bare(address),
    mac: other.mac,
  }));
