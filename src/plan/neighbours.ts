/**
 * Permanent neighbour entries for large labs. All namespaces share the kernel's neighbour table, which holds 1024 entries
 * by default (net.ipv4.neigh.default.gc_thresh3, arp(7)); beyond that, packets are dropped. Permanent entries do not count.
 * And for labs whose links have a seed: what asks for neighbours does so at random times (RFC 4861 section 6.3.2, BaseReachableTime),
 * and each question would take a draw that was the next packet's in another run.
 */
import type { Family } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import { DIRECTIONS } from '../link/impairment.js';
import type { Interface, Lab, Machine } from '../model/lab.js';
import { bare, familyOf, viewOf } from '../model/view.js';
import type { Attachment } from '../model/view.js';
import type { NeighbourStep } from './step.js';

/** Half of the kernel's default. A lab that could need more entries gets permanent ones. */
const ASKED_AT_MOST = 512;
/** On segments with more hosts than this, hosts have no entries for each other: most of them would never be used. */
const CROWD = 64;

export type Neighbour = { readonly machine: string; readonly address: string; readonly mac: string };

/** Whom a machine knows by an interface: all of `of` but itself. The list is one for all machines that know the same. */
export type Neighbourhood = {
  readonly machine: string;
  readonly interface: string;
  readonly of: readonly Neighbour[];
};

/** The permanent entries of a machine. */
export type Knows = (machine: Machine) => Neighbourhood[];

/** Whether a lab needs permanent entries. */
export function knowsNeighbours({ machines }: Lab): boolean {
  if (machines.some(({ interfaces }) => interfaces.some(isSeeded))) return true;
  const on = new Map<string, number>();
  for (const { interfaces } of machines)
    for (const { segment } of interfaces) on.set(segment, (on.get(segment) ?? 0) + 1);
  return pairsOf([...on.values()]) > ASKED_AT_MOST;
}

/** By the file: what is changed while the lab runs changes no neighbours. */
const isSeeded = ({ link, declared = link }: Interface): boolean =>
  DIRECTIONS.some((direction) => declared?.[direction]?.seed !== undefined);

export function neighboursIn(lab: Lab): Knows {
  if (!knowsNeighbours(lab)) return () => [];
  const view = viewOf(lab);
  const everyone = memoizedFor(neighboursAmong);
  const on = (kind: Machine['kind'], segment: string): readonly Attachment[] => {
    const all = view.on(segment);
    return kind === 'router' || all.length <= CROWD ? all : view.routersOn(segment);
  };
  return ({ name, kind, interfaces }) =>
    interfaces.map((own) => ({
      machine: name,
      interface: own.name,
      of: everyone(on(kind, own.segment)),
    }));
}

const neighboursAmong = (all: readonly Attachment[]): Neighbour[] =>
  all.flatMap(({ machine, interface: { addresses, mac } }) =>
    addresses.map((address) => ({ machine: machine.name, address: bare(address), mac })),
  );

/** As steps, one for each entry. */
export const neighbourSteps = (known: readonly Neighbourhood[]): NeighbourStep[] =>
  known.flatMap(({ machine, interface: on, of }) =>
    of
      .filter((one) => one.machine !== machine)
      .map(({ address, mac }) => ({ do: 'neighbour', machine, interface: on, address, mac })),
  );

/** The most entries that machines may need at the same time, beside permanent ones. */
export function strangersIn(lab: Lab): Readonly<Record<Family, number>> {
  const view = viewOf(lab);
  const isKnown = knowsNeighbours(lab);
  const strangers = (family: Family): number =>
    lab.segments.reduce((sum, { name }) => {
      const all = view.on(name);
      if (isKnown && all.length <= CROWD) return sum;
      const askers = all.filter(
        ({ machine, interface: { addresses } }) =>
          !(isKnown && machine.kind === 'router') && addresses.some((one) => familyOf(one) === family),
      );
      return sum + pairsOf([askers.length]);
    }, 0);
  return { 4: strangers(4), 6: strangers(6) };
}

const pairsOf = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size * (size - 1), 0);
