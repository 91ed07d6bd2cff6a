/** The written routes of routers. */
import type { Family } from '../../core/ip.js';
import {
  contains,
  formatAddress,
  formatPrefix,
  parseAddress,
  parseCidr,
  sameAddress,
} from '../../core/ip.js';
import { didYouMean } from '../../core/suggest.js';
import type { WrittenRouter } from '../../topology/schema.js';
import type { Path } from '../../topology/source.js';
import { EFFORT } from '../effort.js';
import type { Draft, DraftMachine, Pass } from '../draft.js';
import {
  interfaceOn,
  isDamagedMachine,
  machinesNamed,
  nextHop,
  routerNames,
  writtenRouter,
} from '../draft.js';
import type { Route } from '../lab.js';

type Written = NonNullable<WrittenRouter['routes']>[number];

export const readRoutes: Pass = (draft) => {
  for (const router of draft.routers) {
    const taken = takenBy(router);
    for (const [index, written] of (writtenRouter(router).routes ?? []).entries()) {
      // A list entry that could not be read is undefined.
      if ((written as Written | undefined) === undefined) continue;
      const path = [...router.path, 'routes', index];
      draft.spend(EFFORT.writtenRoute, path);
      for (const route of readRoute(draft, router, written, path))
        if (isNew(draft, route, taken, path)) router.routes.push(route);
    }
  }
};

/** Where no second route may lead, and why. */
type Taken = Map<string, string>;

const WHY = { default: 'it has a default route already', other: 'it has a route to it already' } as const;

const keyOf = (to: string, family: Family): string => (to === 'default' ? `${to} ${family}` : to);

function takenBy(router: DraftMachine): Taken {
  const { name, interfaces, routes } = router;
  const taken: Taken = new Map();
  if (writtenRouter(router).routes === undefined) return taken;
  for (const { to, family } of routes) taken.set(keyOf(to, family), WHY.default);
  for (const { segment } of interfaces)
    for (const prefix of Object.values(segment.prefixes))
      taken.set(formatPrefix(prefix), `${name} is on ${segment.name} itself`);
  return taken;
}

function isNew(draft: Draft, { family, to }: Route, taken: Taken, path: Path): boolean {
  const key = keyOf(to, family);
  const why = taken.get(key);
  if (why === undefined) {
    taken.set(key, to === 'default' ? WHY.default : WHY.other);
    return true;
  }
  draft.report('duplicate-route', `no second route to ${to}: ${why}`, [...path, 'to'], {
    fix: 'remove one of them',
  });
  return false;
}

function readRoute(draft: Draft, router: DraftMachine, { to, via }: Written, path: Path): Route[] {
  const target = readTarget(draft, to, path);
  if (target === undefined) return [];
  const hops = parseAddress(via) ? hopsByAddress(router, via) : hopsByName(draft, router, via);
  const fitting = hops.filter(({ family }) => target === 'default' || target.family === family);
  if (fitting.length === 0) {
    sayUnreachable(draft, router, via, path);
    return [];
  }
  if (sayHost(draft, router, fitting, [...path, 'via'])) return [];
  return fitting.map((hop): Route => ({
    ...hop,
    to: target === 'default' ? target : target.text,
    origin: 'written',
  }));
}

function readTarget(
  draft: Draft,
  to: string,
  path: Path,
): 'default' | { family: Family; text: string } | undefined {
  if (to === 'default') return to;
  const parsed = parseCidr(to);
  if (parsed && parsed.address.value === parsed.prefix.value)
    return { family: parsed.prefix.family, text: formatPrefix(parsed.prefix) };
  const fix = parsed
    ? `did you mean '${formatPrefix(parsed.prefix)}'?`
    : "write a prefix such as 198.51.100.0/24, or 'default'";
  draft.report(parsed ? 'host-bits-set' : 'bad-address', `'${to}' is not an IP prefix`, [...path, 'to'], {
    fix,
  });
  return undefined;
}

/** A next hop that would drop what it is sent. */
function sayHost(draft: Draft, router: DraftMachine, [hop]: readonly HopOf[], path: Path): boolean {
  if (!hop) return false;
  const next = nextHop(draft, router, hop);
  if (next?.machine.kind !== 'host') return false;
  const { machine, segment } = next;
  draft.report('unknown-router', `${hop.via} is ${machine.name}, a host, and hosts do not forward`, path, {
    fix: `write ${machine.name} below 'routers', or name a router on ${segment.name}`,
  });
  return true;
}

type HopOf = Pick<Route, 'family' | 'via' | 'interface'>;

function hopsByAddress(router: DraftMachine, text: string): HopOf[] {
  const via = parseAddress(text);
  if (!via) return [];
  const on = router.interfaces.find(({ segment }) => {
    const prefix = segment.prefixes[via.family];
    return prefix !== undefined && contains(prefix, via);
  });
  const isOwn =
    on?.addresses[via.family] !== undefined &&
    formatAddress(on.addresses[via.family] ?? via) === formatAddress(via);
  return on && !isOwn ? [{ family: via.family, via: formatAddress(via), interface: on.name }] : [];
}

function hopsByName(draft: Draft, router: DraftMachine, name: string): HopOf[] {
  const [next] = machinesNamed(draft, name);
  if (!next || next === router) return [];
  for (const own of router.interfaces) {
    const there = interfaceOn(next, own.segment);
    if (!there) continue;
    return Object.values(there.addresses).map((one) => ({
      family: one.family,
      via: formatAddress(one),
      interface: own.name,
    }));
  }
  return [];
}

function sayUnreachable(draft: Draft, router: DraftMachine, via: string, path: Path): void {
  if (draft.damaged.has(router.path.join('/')) || isDamagedMachine(draft, via)) return;
  const at = [...path, 'via'];
  if (!parseAddress(via) && machinesNamed(draft, via).length === 0) {
    draft.report('unknown-router', `there is no router '${via}'`, at, {
      fix: () => didYouMean(via, routerNames(draft), 'routers'),
    });
    return;
  }
  const segments = router.interfaces.map(({ segment }) => segment.name).join(', ');
  if (isItself(router, via)) {
    draft.report(
      'gateway-is-self',
      `${via === router.name ? 'the next hop' : via} is ${router.name} itself`,
      at,
      {
        fix: `name another router on ${segments}`,
      },
    );
    return;
  }
  draft.report(
    'route-unreachable',
    `${via} is on no segment of ${router.name}, or has no address of that family there`,
    at,
    {
      fix: `use the address of a router on ${segments || 'a segment of this router'}`,
    },
  );
}

function isItself({ name, interfaces }: DraftMachine, via: string): boolean {
  const address = parseAddress(via);
  if (!address) return via === name;
  return interfaces.some(
    ({ addresses: { [address.family]: own } }) => own !== undefined && sameAddress(own, address),
  );
}
