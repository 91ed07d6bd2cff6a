/** Drafts with names to the data of a topology file. References fit as well as they can; where they do not, that is an input, too. */
import type { Draft, DraftCheck, DraftMachine, DraftNat, DraftRouter } from './topologies.js';

type Data = Record<string, unknown>;

/** The names of one topology, the same number of each in every one. */
type Names = {
  readonly lab: string;
  readonly segment: (index: number) => string;
  readonly router: (index: number) => string;
  readonly host: (index: number) => string;
};
type Scene = { readonly draft: Draft; readonly names: Names };

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index % list.length];
  if (found === undefined) throw new RangeError('an empty list');
  return found;
};

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

/** Also under `__proto__`, which an assignment would take for something else. */
const named = (entries: readonly (readonly [string, unknown])[]): Data => Object.fromEntries(entries);
const defined = (data: Data): Data => named(Object.entries(data).filter(([, value]) => value !== undefined));

/** Where a segment's addresses are: its own space, or another's. */
const spaceOf = ({ segments }: Draft, index: number): number => segments[index]?.overlaps ?? index;
const prefix4 = (draft: Draft, index: number): string =>
  draft.segments[index]?.isPublic === true
    ? `198.51.${100 + spaceOf(draft, index)}`
    : `10.${spaceOf(draft, index)}.0`;
const six = (draft: Draft, index: number): string => `2001:db8:${spaceOf(draft, index)}:`;
/** The zeroes that a prefix as short as this has to have. */
const network4 = (draft: Draft, index: number, length: number): string =>
  length < 8 ? '0.0.0' : length < 16 ? '10.0.0' : prefix4(draft, index);
const network6 = (draft: Draft, index: number, length: number): string =>
  length < 32 ? ':' : six(draft, index);

const hasSix = (draft: Draft, index: number): boolean => at(draft.segments, index).family !== 'four';
const hasFour = (draft: Draft, index: number): boolean => at(draft.segments, index).family !== 'six';

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

/** The segments it is on, each once. */
const onOf = ({ draft }: Scene, on: readonly number[]): number[] => [
  ...new Set(on.map((index) => index % draft.segments.length)),
];

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

function natOf(scene: Scene, one: DraftNat, on: readonly number[]): unknown {
  const { names } = scene;
  const { kind, span, to, hasVia } = one;
  const via = at(on, one.via);
  if (kind === 'static' && scene.draft.hosts.length > 0)
    return defined({
      static: hostNear(scene, one, on, via),
      public: publicOf(scene, one, via),
      via: hasVia ? names.segment(via) : undefined,
      ...one.staticBehaviour,
    });
  if (kind === 'forward' && scene.draft.hosts.length > 0) {
    const last = span === undefined ? '' : `-${one.port + span}`;
    return {
      forward: `${one.protocol}/${one.port}${last}`,
      via: names.segment(via),
      to: `${hostNear(scene, one, on, via)}${to === undefined ? '' : `:${to}`}`,
    };
  }
  return sharedOf(scene, one, on, via);
}

/** Many behind one address or prefix, of one family or the other. */
function sharedOf(scene: Scene, one: DraftNat, on: readonly number[], via: number): unknown {
  const { draft, names } = scene;
  const isSix = one.kind === 'nat66' || one.kind === 'nptv6';
  const fits = isSix ? hasSix : hasFour;
  const inside = on.filter((index) => index !== via && fits(draft, index)).map(names.segment);
  const key = isSix ? one.kind : 'masquerade';
  const shared = { [key]: inside.length === 1 ? inside[0] : inside, via: names.segment(via) };
  if (key === 'nptv6') return { ...shared, public: `2001:db8:${0x100 + one.public}::/${one.length6}` };
  return defined({
    ...shared,
    public: one.pool === undefined ? undefined : poolOf(scene, one, via, isSix),
    ...one.behaviour,
    'port-control': isSix ? undefined : one.portControl,
  });
}

/** A host behind the router, where there is one. */
function hostNear(
  { draft, names }: Scene,
  { host, isOnSegment }: DraftNat,
  on: readonly number[],
  via: number,
): string {
  const near = draft.hosts.flatMap((one, index) =>
    one.on.some(
      (segment) => segment % draft.segments.length !== via && on.includes(segment % draft.segments.length),
    )
      ? [index]
      : [],
  );
  const index = near.length > 0 ? at(near, host) : host;
  const segment = at(draft.hosts, index).on[0] ?? 0;
  return `${names.host(index)}${isOnSegment === true ? `.${names.segment(segment)}` : ''}`;
}

const publicOf = ({ draft }: Scene, one: DraftNat, via: number): string =>
  one.pool !== undefined
    ? `172.31.${one.public}.0/28`
    : one.behaviour?.hairpin === true
      ? `${prefix4(draft, via)}.${one.public + 100}`
      : `172.31.0.${one.public}`;

function poolOf(scene: Scene, one: DraftNat, via: number, isSix: boolean): unknown {
  const first = 64 + 8 * (one.public % 16);
  if (isSix)
    return one.pool === '' ? `${six(scene.draft, via)}:${first}` : `${six(scene.draft, via)}:${first}/126`;
  const base = `${prefix4(scene.draft, via)}.${first}`;
  if (one.pool === '-range') return `${base}-${base.replace(/\d+$/, (last) => `${Number(last) + 3}`)}`;
  return one.pool === 'list' ? [base, `172.30.0.${one.public}`] : `${base}${one.pool ?? ''}`;
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
