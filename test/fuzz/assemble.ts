/** Drafts with names to the data of a topology file. References fit as well as they can; where they do not, that is an input, too. */
import { natOf } from './assemble-nat.js';
import type { Data, Names, Scene } from './scene.js';
import { at, defined, hasFour, hasSix, named, network4, network6, onOf, prefix4, six } from './scene.js';
import type { Draft, DraftCheck, DraftMachine, DraftRouter } from './topologies.js';

export function assemble(draft: Draft, words: readonly string[]): Data {
  const names: Names = {
    lab: at(words, 0),
    segment: (index) => at(words, 1 + (index % draft.segments.length)),
    router: (index) => at(words, 6 + (index % Math.max(1, draft.routers.length))),
    host: (index) => at(words, 9 + (index % Math.max(1, draft.hosts.length))),
  };
  const scene = { draft, names };
  const { hosts, routers, checks, vagrant, scenario } = draft;
  return defined({
    name: names.lab,
    segments: named(draft.segments.map((_, index) => [names.segment(index), segmentOf(scene, index)])),
    hosts:
      hosts.length > 0
        ? named(hosts.map((one, index) => [names.host(index), hostOf(scene, one)]))
        : undefined,
    routers:
      routers.length > 0
        ? named(routers.map((one, index) => [names.router(index), routerOf(scene, one, index)]))
        : undefined,
    checks:
      checks.length > 0 && hosts.length > 0 && routers.length > 0
        ? checks.map((one) => checkOf(scene, one))
        : undefined,
    vagrant,
    scenario: scenario && hosts.length > 0 ? scenarioOf(names.host(scenario.host), scenario) : undefined,
  });
}

function scenarioOf(
  host: string,
  { times, isList }: { readonly times: number; readonly isList: boolean },
): unknown {
  const timeline = [
    { within: times, exec: { machine: host, run: ['echo', '${seed}'] } },
    { at: '1s', every: '250ms', times, stop: host },
  ];
  return isList ? timeline : { seed: times, sweep: { size: [1, 2] }, timeline };
}

function segmentOf({ draft, names }: Scene, index: number): unknown {
  const { length, length6, isLong, count, gateway, family, link } = at(draft.segments, index);
  const four = `${network4(draft, index, length)}.0/${length}`;
  const other = `${network6(draft, index, length6)}:/${length6}`;
  if (!isLong && count === undefined && link === undefined && family !== 'both')
    return family === 'six' ? other : four;
  return defined({
    subnet: family === 'six' ? undefined : four,
    subnet6: family === 'four' ? undefined : other,
    gateway: gateway === undefined || draft.routers.length === 0 ? undefined : names.router(gateway),
    count,
    link,
  });
}

function addressOf({ draft }: Scene, index: number, place: number, isApart: boolean): unknown {
  if (place === 0) return 'auto';
  const [four, other] = [`${prefix4(draft, index)}.${place}`, `${six(draft, index)}:${place}`];
  if (!isApart) return hasFour(draft, index) ? four : other;
  return defined({
    address: hasFour(draft, index) ? four : undefined,
    address6: hasSix(draft, index) ? other : undefined,
  });
}

const withLink = (address: unknown, link: unknown): unknown =>
  link === undefined
    ? address
    : typeof address === 'string'
      ? { [address.includes(':') ? 'address6' : 'address']: address, link }
      : { ...(address as Data), link };

/** Keys that a segment may not be confused with where it is written in short. */
const FIXED = /^(interfaces|gateway|count|vagrant|provision|nat|isolate|routes)$/;

function attached(scene: Scene, { on, form, at: place, isApart, link }: DraftMachine): Data {
  const entries = onOf(scene, on).map(
    (index) => [scene.names.segment(index), withLink(addressOf(scene, index, place, isApart), link)] as const,
  );
  const isShort = form !== 'long' && entries.every(([name]) => !FIXED.test(name));
  return isShort ? named(entries) : { interfaces: named(entries) };
}

const extrasOf = ({ draft, names }: Scene, { gateway, count, vagrant, provision }: DraftMachine): Data =>
  defined({
    gateway:
      gateway === undefined || gateway === 'none'
        ? gateway
        : draft.routers.length > 0
          ? names.router(gateway)
          : 'none',
    count,
    vagrant,
    provision,
  });

function hostOf(scene: Scene, one: DraftMachine): unknown {
  if (one.form === 'word') return scene.names.segment(one.on[0] ?? 0);
  return {
    ...attached(scene, one),
    ...extrasOf(scene, { ...one, gateway: one.gateway ?? gatewayFor(scene, one) }),
  };
}

/** Where the file has to say which one, it mostly does. */
function gatewayFor(scene: Scene, one: DraftMachine): number | 'none' | undefined {
  const on = onOf(scene, one.on);
  const near = scene.draft.routers.flatMap((router, index) =>
    onOf(scene, router.on).some((segment) => on.includes(segment)) ? [index] : [],
  );
  if (near.length < 2 && on.length < 2) return undefined;
  return one.isApart || near.length === 0 ? 'none' : near[0];
}

function routerOf(scene: Scene, one: DraftRouter, index: number): unknown {
  const { draft, names } = scene;
  const { isolate, routes, nat } = one;
  const on = onOf(scene, one.on);
  return {
    // Two routers of one segment seldom want the same address.
    ...attached(scene, { ...one, at: one.at === 0 ? 0 : one.at + 40 * index }),
    ...extrasOf(scene, one),
    ...defined({
      nat: nat.length > 0 && on.length > 1 ? nat.map((mapping) => natOf(scene, mapping, on)) : undefined,
      isolate: Array.isArray(isolate) ? isolate.map((segment) => names.segment(at(on, segment))) : isolate,
      routes: routes?.map(({ to, via, isDefault, byName }) => ({
        to: isDefault ? 'default' : `172.20.${to}.0/24`,
        via: byName ? names.router(via + 1) : `${prefix4(draft, at(on, via))}.${to + 1}`,
      })),
    }),
  };
}

function checkOf(scene: Scene, { kind, from, to, form, port, seenAs, proto, via }: DraftCheck): unknown {
  const { draft, names } = scene;
  const one = at(draft.hosts, to);
  const segment = (one.on[0] ?? 0) % draft.segments.length;
  const targets = {
    name: names.host(to),
    segment: `${names.host(to)}.${names.segment(segment)}`,
    address: `${prefix4(draft, segment)}.1`,
    six: `${six(draft, segment)}:1`,
  };
  const isPorted =
    kind === 'tcp' || kind === 'udp' || (kind === 'blocked' && proto !== undefined && proto !== 'icmp');
  const target = form === 'six' && isPorted ? `[${targets.six}]` : targets[form];
  return defined({
    [kind]: `${names.host(from)} -> ${target}${isPorted ? `:${port}` : ''}`,
    'seen-as': seenAs === undefined || kind === 'blocked' || kind === 'path' ? undefined : `10.0.0.${seenAs}`,
    proto: kind === 'blocked' ? proto : undefined,
    via: kind === 'path' ? [...new Set(via)].map(names.router) : undefined,
  });
}
