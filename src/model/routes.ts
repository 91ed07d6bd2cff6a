/** The computed routes: to every segment that is not behind a NAT, and to every public address. */
import type { Family } from '../core/ip.js';
import { address as read, cover, formatPrefix } from '../core/ip.js';
import { FAMILIES } from './draft.js';
import type { Lab, Machine, Mapping, Route } from './lab.js';
import type { Reach } from './reach.js';
import { reachFrom } from './reach.js';
import type { View } from './view.js';
import { familyOf, viewOf } from './view.js';

export function withRoutes(lab: Lab): Lab {
  const view = viewOf(lab);
  const publics = routedPublics(view);
  return {
    ...lab,
    machines: lab.machines.map((machine) => ({ ...machine, routes: routesOf(view, publics, machine) })),
  };
}

/** The written routes and, where they leave something open, the computed ones. */
function routesOf(view: View, publics: readonly Public[], machine: Machine): Route[] {
  const written = machine.routes;
  const computed = FAMILIES.flatMap((family) => {
    const gateway = written.find((route) => route.to === 'default' && route.family === family);
    // A host with a gateway sends everything there, as hosts do.
    if (machine.kind === 'host' && gateway) return [];
    return computedRoutes(view, publics, machine, family).filter((route) => route.via !== gateway?.via);
  });
  const known = new Set(written.map(({ to }) => to));
  return [...written, ...computed.filter(({ to }) => !known.has(to))];
}

function computedRoutes(view: View, publics: readonly Public[], machine: Machine, family: Family): Route[] {
  const onlyOwn = machine.interfaces.every(({ segment }) =>
    view.routersOn(segment).every((one) => one.machine === machine),
  );
  if (onlyOwn) return [];
  const reach = reachFrom(view, machine, family);
  return [...toSegments(view, reach, family), ...toPublics(publics, reach, family)];
}

function toSegments(view: View, { segments }: Reach, family: Family): Route[] {
  return view.lab.segments.flatMap(({ name, subnet, subnet6 }) => {
    const to = family === 4 ? subnet : subnet6;
    const hop = segments.get(name);
    return to !== undefined && hop ? [{ family, to, ...hop, origin: 'computed' as const }] : [];
  });
}

/** Public addresses that lie in no segment are routed to the router that translates them. */
function toPublics(publics: readonly Public[], { routers }: Reach, family: Family): Route[] {
  return publics.flatMap(({ to, router }): Route[] => {
    const hop = familyOf(to) === family ? routers.get(router) : undefined;
    return hop ? [{ family, to, ...hop, origin: 'computed' }] : [];
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
