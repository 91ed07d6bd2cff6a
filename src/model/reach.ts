/**
 * Where a machine's packets may go untranslated: the segments and routers it reaches, with the first hop of the
 * shortest way. Routes are made from it, and so are the expectations of checks.
 */
import type { Family } from '../core/ip.js';
import type { Machine } from './lab.js';
import type { View } from './view.js';
import { insideSegments, isolatedSegments, ownAddress } from './view.js';

/** The next hop, and the interface it is on. */
export type Hop = { readonly via: string; readonly interface: string };

export type Reach = {
  /** Segments by name; undefined for those the machine is on itself. */
  readonly segments: ReadonlyMap<string, Hop | undefined>;
  readonly routers: ReadonlyMap<string, Hop>;
};

/** Fewest hops first, ties by the routers' names. */
export function reachFrom(view: View, machine: Machine, family: Family): Reach {
  const own = machine.interfaces.filter((one) => ownAddress(one, family) !== undefined);
  const segments = new Map<string, Hop | undefined>(own.map(({ segment }) => [segment, undefined]));
  const routers = new Map<string, Hop>();
  // The map grows while it is walked: breadth first.
  for (const [segment, hop] of segments) {
    for (const { machine: router, interface: one } of view.routersOn(segment)) {
      const via = ownAddress(one, family);
      const self = own.find((mine) => mine.segment === segment);
      if (router === machine || via === undefined) continue;
      const next = hop ?? { via, interface: self?.name ?? '' };
      if (!routers.has(router.name)) routers.set(router.name, next);
      for (const onward of onwardFrom(router, segment, family))
        if (!segments.has(onward)) segments.set(onward, next);
    }
  }
  return { segments, routers };
}

/** The segments to which a router passes what comes from one of its segments, as it is. */
export function onwardFrom(router: Machine, from: string, family: Family): string[] {
  const inside = insideSegments(router, family);
  const isolated = isolatedSegments(router, family);
  const isOpen = (to: string): boolean => !inside.has(to) || (inside.has(from) && !isolated.includes(to));
  return router.interfaces
    .filter((one) => one.segment !== from && ownAddress(one, family) !== undefined && isOpen(one.segment))
    .map(({ segment }) => segment);
}
