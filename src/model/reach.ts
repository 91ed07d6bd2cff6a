/**
 * The segments and routers that a machine reaches without translation, with the first hop of the shortest path. Routes
 * and the expectations of checks are derived from it.
 */
import type { Family } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import type { Machine } from './lab.js';
import type { View } from './view.js';
import { insideSegments, isolatedSegments, ownAddress } from './view.js';

/** The next hop, and the interface it is on. */
export type Hop = { readonly via: string; readonly interface: string };

export type Reach = {
  /** The first hop to each segment, by name; undefined for the machine's own segments. */
  readonly segments: ReadonlyMap<string, Hop | undefined>;
  readonly routers: ReadonlyMap<string, Hop>;
};

/** Fewest hops first, ties by the routers' names. */
export function reachFrom(view: View, machine: Machine, family: Family): Reach {
  const own = machine.interfaces.filter((one) => ownAddress(one, family) !== undefined);
  const segments = new Map<string, Hop | undefined>(own.map(({ segment }) => [segment, undefined]));
  const names = new Map(own.map((one) => [one.segment, one.name]));
  const routers = new Map<string, Hop>();
  const passed = new Set<readonly string[]>();
  // The map grows while it is walked: breadth first.
  for (const [segment, hop] of segments) {
    for (const { router, via, onward } of doorsOf(view, segment, family)) {
      if (router === machine) continue;
      const next = hop ?? { via, interface: names.get(segment) ?? '' };
      if (!routers.has(router.name)) routers.set(router.name, next);
      // Packets from other segments on the same side of its NAT go on to the same segments.
      if (passed.has(onward)) continue;
      passed.add(onward);
      for (const to of onward) if (!segments.has(to)) segments.set(to, next);
    }
  }
  return { segments, routers };
}

/** A router on a segment, its address there, and where it passes on what comes from there. */
type Door = { readonly router: Machine; readonly via: string; readonly onward: readonly string[] };
const doorsIn = memoizedFor<View, Map<string, readonly Door[]>>(() => new Map());

/** Those of a segment, by the routers' names; asked by every machine that reaches it. */
function doorsOf(view: View, segment: string, family: Family): readonly Door[] {
  const all = doorsIn(view);
  const key = `${family} ${segment}`;
  const known = all.get(key);
  if (known) return known;
  const found = view.routersOn(segment).flatMap(({ machine: router, interface: one }): Door[] => {
    const via = ownAddress(one, family);
    return via === undefined ? [] : [{ router, via, onward: onwardFrom(router, segment, family) }];
  });
  all.set(key, found);
  return found;
}

/** By family, and by the side of the NAT that a packet comes from. */
const waysFrom = memoizedFor<Machine, Map<string, readonly string[]>>(() => new Map());

/** The segments to which a router passes what comes from one of its segments, as it is; that segment may be among them. */
function onwardFrom(router: Machine, from: string, family: Family): readonly string[] {
  const ways = waysFrom(router);
  const isInside = insideSegments(router, family).has(from);
  const key = `${family} ${isInside}`;
  const found = ways.get(key) ?? waysOf(router, family, isInside);
  ways.set(key, found);
  return found;
}

function waysOf(router: Machine, family: Family, isInside: boolean): string[] {
  const inside = insideSegments(router, family);
  const isolated = new Set(isolatedSegments(router, family));
  const isOpen = (to: string): boolean => !inside.has(to) || (isInside && !isolated.has(to));
  return router.interfaces
    .filter((one) => ownAddress(one, family) !== undefined && isOpen(one.segment))
    .map(({ segment }) => segment);
}
