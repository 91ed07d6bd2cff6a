/** What the kinds of NAT mapping share while they are resolved. */
import type { Family } from '../../core/ip.js';
import { formatAddress, formatPrefix, parseAddress } from '../../core/ip.js';
import { didYouMean } from '../../core/suggest.js';
import type { Path } from '../../topology/source.js';
import type { Draft, DraftInterface, DraftMachine, DraftSegment, Fix } from '../draft.js';
import {
  interfaceOn,
  isDamagedMachine,
  isDamagedSegment,
  machineNames,
  machinesNamed,
  segmentNames,
  segmentsNamed,
} from '../draft.js';
import { EFFORT } from '../effort.js';
import type { Inside, InsideSegment } from '../lab.js';

/** Where a mapping is: its router, its path in the file, and a way to complain of it. */
export type MappingPlace = {
  readonly draft: Draft;
  readonly router: DraftMachine;
  readonly path: Path;
  readonly line: number;
  readonly say: (
    code: Parameters<Draft['report']>[0],
    message: string,
    key: string | readonly string[],
    fix: Fix,
  ) => void;
};

/** The router's interfaces on a segment, or on those of a counted one that it is attached to. */
export function interfacesOn(
  { draft, router, path, say }: MappingPlace,
  name: string,
  key: string,
): DraftInterface[] {
  const segments = segmentsNamed(draft, name);
  draft.spend(segments.length, path);
  const found = segments.flatMap((segment) => interfaceOn(router, segment) ?? []);
  if (found.length > 0) return found;
  if (segments.length === 0) {
    if (!isDamagedSegment(draft, name))
      say('unknown-segment', `there is no segment '${name}'`, key, () =>
        didYouMean(name, segmentNames(draft), 'segments'),
      );
  } else if (!draft.damaged.has(router.path.join('/'))) {
    say(
      'not-attached',
      `${router.name} is not on ${name}`,
      key,
      `use one of its segments: ${segmentList(router)}`,
    );
  }
  return [];
}

const segmentList = ({ interfaces }: DraftMachine): string =>
  interfaces.map(({ segment }) => segment.name).join(', ') || 'it has none';

export type Outside = DraftInterface & { readonly own: string };

/** The outside interface of a mapping, with an address to translate to. */
export function outsideInterface(place: MappingPlace, name: string, family: Family = 4): Outside | undefined {
  const [found] = interfacesOn(place, name, 'via');
  if (!found) return undefined;
  const own = found.addresses[family];
  if (own) return { ...found, own: formatAddress(own) };
  if (found.segment.prefixes[family] === undefined) sayNoSubnet(place, name, 'via', family);
  return undefined;
}

function sayNoSubnet({ say }: MappingPlace, name: string, key: string, family: Family): void {
  const message = `segment ${name} has no IPv${family} subnet`;
  if (family === 4)
    say('nat-needs-ipv4', message, key, "give it a subnet; for IPv6 there are 'nat66' and 'nptv6'");
  else say('nat-needs-ipv6', message, key, `give it one: '${name}: { subnet6: … }'`);
}

/** The segments that a mapping has inside: those the router is on, or else some behind another router. */
export function insideSegments(
  place: MappingPlace,
  names: string | readonly string[],
  via: string,
  { key, family }: { readonly key: string; readonly family: Family },
): InsideSegment[] {
  return [names].flat().flatMap((name) => {
    if (name !== via) return insideSegment(place, name, key, family);
    place.say(
      'nat-inside-is-outside',
      `'${name}' is both the inside and the outside`,
      key,
      'name the segment behind the NAT, and in via the one in front of it',
    );
    return [];
  });
}

function insideSegment(place: MappingPlace, name: string, key: string, family: Family): InsideSegment[] {
  const { draft, router, say } = place;
  const segments = segmentsNamed(draft, name);
  if (segments.length === 0) {
    if (!isDamagedSegment(draft, name))
      say(
        'unknown-segment',
        `there is no segment '${name}'`,
        key,
        didYouMean(name, segmentNames(draft), 'segments'),
      );
    return [];
  }
  draft.spend(segments.length * EFFORT.inside, place.path);
  const own = segments.filter((segment) => router.on.has(segment));
  if (own.length === 0 && !segments.some((segment) => isJoined(place, segment))) {
    const fix = `name a segment whose hosts send by ${router.name}, or join them by a router`;
    if (draft.damaged.size === 0)
      say('not-attached', `no routers lead from ${name} to ${router.name}`, key, fix);
    return [];
  }
  return (own.length > 0 ? own : segments).flatMap((segment) => {
    const prefix = segment.prefixes[family];
    const on = interfaceOn(router, segment)?.name;
    if (prefix)
      return {
        segment: segment.name,
        subnet: formatPrefix(prefix),
        ...(on !== undefined && { interface: on }),
      };
    sayNoSubnet(place, segment.name, key, family);
    return [];
  });
}

const joined = new WeakMap<DraftMachine, ReadonlySet<DraftSegment>>();

/** Whether routers lead from a segment to this one. */
function isJoined({ draft, router, path }: MappingPlace, segment: DraftSegment): boolean {
  const known = joined.get(router) ?? joinedTo(router);
  if (!joined.has(router)) draft.spend(known.size * EFFORT.inside, path);
  joined.set(router, known);
  return known.has(segment);
}

function joinedTo(router: DraftMachine): ReadonlySet<DraftSegment> {
  const segments = new Set(router.interfaces.map(({ segment }) => segment));
  const seen = new Set([router]);
  // A set goes on with what is added to it meanwhile.
  for (const { routers } of segments)
    for (const { machine } of routers) {
      if (seen.has(machine)) continue;
      seen.add(machine);
      for (const { segment } of machine.interfaces) segments.add(segment);
    }
  return segments;
}

/** The machines a mapping names, `HOST` or `HOST.SEGMENT`, that are on a segment of the router. */
export function insideHosts(
  place: MappingPlace,
  text: string,
  key: string,
  closed: 'not-attached' | 'forward-closed',
): Inside[] {
  const { draft, router, path, say } = place;
  if (parseAddress(text)) {
    say('unknown-machine', `'${text}' is an address, and the name of a host belongs here`, key, () =>
      didYouMean(text, machineNames(draft), 'hosts'),
    );
    return [];
  }
  const [name = '', segment] = text.split('.');
  const machines = machinesNamed(draft, name);
  if (machines.length === 0) {
    if (!isDamagedMachine(draft, name))
      say('unknown-machine', `there is no host '${name}'`, key, () =>
        didYouMean(name, machineNames(draft), 'hosts'),
      );
    return [];
  }
  const found = onceEach(near(place, machines).flatMap((pair) => insideOf(pair, name, segment)));
  draft.spend(found.length * EFFORT.mapping, path);
  // The members of a counted host are written in one place.
  const isDamaged = [machines[0] ?? router, router].some((one) => draft.damaged.has(one.path.join('/')));
  if (found.length === 0 && !isDamaged) {
    say(
      closed,
      `${text} is on no segment of ${router.name}`,
      key,
      `put it on one of ${segmentList(router)}, or translate at the router it is behind`,
    );
  }
  return found;
}

/** An interface of the router, and one of another machine on the same segment. */
type Pair = { readonly own: DraftInterface; readonly other: DraftInterface };

/**
 * In the order of the router's interfaces. From the side where there is less to look at: a counted host may have a
 * thousand members of which few are here, and a router a thousand hosts of which one is meant.
 */
function near({ draft, router, path }: MappingPlace, machines: readonly DraftMachine[]): Pair[] {
  const ownSide = router.interfaces.reduce((sum, { segment }) => sum + segment.interfaces.length, 0);
  let otherSide = 0;
  for (let at = 0; at < machines.length && otherSide <= ownSide; at++)
    otherSide += machines[at]?.interfaces.length ?? 0;
  const pairs = Math.min(ownSide, otherSide) + router.interfaces.length;
  draft.spend(pairs * EFFORT.pair + machines.length / 10, path);
  if (ownSide <= otherSide)
    return router.interfaces.flatMap((own) => own.segment.interfaces.map((other) => ({ own, other })));
  const found = machines.flatMap(({ interfaces }) =>
    interfaces.flatMap((other): Pair[] => {
      const own = interfaceOn(router, other.segment);
      return own ? [{ own, other }] : [];
    }),
  );
  const rank = new Map(router.interfaces.map((own, index) => [own, index]));
  return found.sort((a, b) => (rank.get(a.own) ?? 0) - (rank.get(b.own) ?? 0));
}

function onceEach(all: readonly Inside[]): Inside[] {
  const seen = new Set<string>();
  return all.filter(({ machine }) => !seen.has(machine) && seen.add(machine));
}

function insideOf(
  {
    own,
    other: {
      machine,
      addresses: { 4: address },
      segment: on,
    },
  }: Pair,
  name: string,
  segment: string | undefined,
): Inside[] {
  const isMeant =
    (machine.name === name || machine.group?.name === name) &&
    (segment === undefined || segment === on.name || segment === on.group?.name);
  if (!isMeant || !address || machine === own.machine) return [];
  return [{ machine: machine.name, address: formatAddress(address), segment: on.name, interface: own.name }];
}

/** Marks the segment of a mapping's inside as being behind this router's NAT. */
export function setInside({ draft, router }: MappingPlace, segment: string, family: Family = 4): void {
  const found = draft.segments.get(segment);
  if (found) router.inside[family].add(found);
}
