/** The computed routes: to every segment that is not behind a NAT, and to every public address. */
import type { Family } from '../core/ip.js';
import { address as read, cover, formatPrefix } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import { FAMILIES } from './draft.js';
import { EFFORT } from './effort.js';
import type { Lab, Machine, Mapping, Route, Segment } from './lab.js';
import type { Reach } from './reach.js';
import { reachFrom } from './reach.js';
import type { View } from './view.js';
import { familyOf, ownAddress, viewOf } from './view.js';

/** @param spend counts the effort: see effort.ts */
export function withRoutes(lab: Lab, spend: (effort: number) => void): Lab {
  const view = viewOf(lab);
  const making: Making = { view, publics: routedPublics(view), places: new Map(), spend };
  const machines = lab.machines.map((machine) => {
    const routes = routesOf(making, machine);
    spend(routes.length * EFFORT.route);
    return { ...machine, routes };
  });
  return { ...lab, machines };
}

type Making = {
  readonly view: View;
  readonly publics: readonly Public[];
  /** The routes of hosts on the same segments, computed once for possibly thousands of hosts. */
  readonly places: Map<string, readonly Route[]>;
  readonly spend: (effort: number) => void;
};

/** The written routes and, where they leave something open, the computed ones. */
function routesOf(making: Making, machine: Machine): Route[] {
  const written = machine.routes;
  const computed = FAMILIES.flatMap((family) => {
    const gateway = written.find((route) => route.to === 'default' && route.family === family);
    // A host with a gateway sends everything there.
    if (machine.kind === 'host' && gateway) return [];
    const routes = computedOnce(making, machine, family);
    return gateway ? routes.filter((route) => route.via !== gateway.via) : routes;
  });
  if (written.length === 0) return computed;
  const known = new Set(written.map(({ to }) => to));
  return [...written, ...computed.filter(({ to }) => !known.has(to))];
}

function computedOnce(making: Making, machine: Machine, family: Family): readonly Route[] {
  if (machine.kind === 'router') return computedRoutes(making, machine, family);
  const place = `${family} ${machine.interfaces
    .map((one) => (ownAddress(one, family) === undefined ? '' : one.segment))
    .join(',')}`;
  const known = making.places.get(place) ?? computedRoutes(making, machine, family);
  making.places.set(place, known);
  return known;
}

function computedRoutes({ view, publics, spend }: Making, machine: Machine, family: Family): Route[] {
  const onlyOwn = machine.interfaces.every(({ segment }) =>
    view.routersOn(segment).every((one) => one.machine === machine),
  );
  if (onlyOwn) return [];
  const reach = reachFrom(view, machine, family);
  spend(reach.segments.size + 2 * reach.routers.size);
  return [...toSegments(view, reach, family), ...toPublics(publics, reach, family)];
}

/** In the order of the lab's segments. */
function toSegments(view: View, { segments }: Reach, family: Family): Route[] {
  const all = view.lab.segments;
  const reached = segments.size * 8 > all.length ? all : inOrder(view, segments.keys());
  const routes: Route[] = [];
  for (const { name, subnet, subnet6 } of reached) {
    const to = family === 4 ? subnet : subnet6;
    const hop = to === undefined ? undefined : segments.get(name);
    if (to !== undefined && hop)
      routes.push({ family, to, via: hop.via, interface: hop.interface, origin: 'computed' });
  }
  return routes;
}

/** The segments' places in the lab's order. */
const ranksIn = memoizedFor(
  ({ lab }: View): ReadonlyMap<string, number> =>
    new Map(lab.segments.map(({ name }, index) => [name, index])),
);

function inOrder(view: View, names: Iterable<string>): Segment[] {
  const all = view.lab.segments;
  const rank = ranksIn(view);
  const places = Array.from(names, (name) => rank.get(name) ?? 0).sort((a, b) => a - b);
  return places.flatMap((place) => all[place] ?? []);
}

/** Public addresses that lie in no segment are routed to the router that translates them. */
function toPublics(publics: readonly Public[], { routers }: Reach, family: Family): Route[] {
  return publics.flatMap(({ to, router }): Route[] => {
    const hop = familyOf(to) === family ? routers.get(router) : undefined;
    return hop ? [{ family, to, via: hop.via, interface: hop.interface, origin: 'computed' }] : [];
  });
}

function routedOf(mapping: Mapping): readonly string[] {
  if (mapping.kind === 'masquerade') return mapping.routed ?? [];
  return mapping.kind === 'static' && mapping.onSegment === undefined ? [mapping.public] : [];
}

type Public = { readonly to: string; readonly router: string };

function routedPublics({ routers }: View): Public[] {
  const owned = routers.flatMap(({ name, nat }) =>
    nat.flatMap((one) => routedOf(one).map((address) => ({ address: read(address), owner: name }))),
  );
  const prefixes = routers.flatMap(({ name, nat }) =>
    nat.flatMap((one) => (one.kind === 'nptv6' ? [{ to: one.public, router: name }] : [])),
  );
  const covered = FAMILIES.flatMap((family) =>
    cover(owned.filter(({ address }) => address.family === family)),
  );
  return [...covered.map(({ prefix, owner }) => ({ to: formatPrefix(prefix), router: owner })), ...prefixes];
}
