/**
 * The path of a packet according to the lab's routes, NAT and isolation. Checks get their expectations from here, and
 * compare them with captures.
 */
import type { Family, Prefix } from '../core/ip.js';
import { address as read, bitsOf, cidr, contains } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import type { Interface, Machine, NptMapping, Protocol, Route } from './lab.js';
import type { View } from './view.js';
import {
  bare,
  familyOf,
  insideSegments,
  isolatedSegments,
  isPublicOf,
  isRenumbered,
  ownAddress,
  translatedIn,
  translatedOut,
} from './view.js';

export type Hop = { readonly machine: string; readonly in?: string; readonly out?: string };

/** The addresses and the port of a packet. */
export type Ends = { readonly source: string; readonly destination: string; readonly port?: number };

export type Walk = {
  readonly hops: readonly Hop[];
  /** The last machine; where `dropped` is set, the one that drops the packet. */
  readonly end: string;
  readonly dropped?: string;
  /** Dropped by isolation, as the packet is not translated. */
  readonly isIsolated?: true;
  /** Source and destination at the end, after every translation. */
  readonly source: string;
  readonly destination: string;
  readonly port?: number;
};

type Packet = {
  source: string;
  destination: string;
  readonly protocol: 'icmp' | Protocol;
  port: number | undefined;
};
type Position = { readonly machine: Machine; readonly input?: Interface };
type Step =
  | { readonly out: Interface; readonly next: Position }
  | { readonly end: true; readonly dropped?: string; readonly isIsolated?: true };

const MOST_HOPS = 64;

/** @param trail gets the addresses of the packet after each hop */
export function walk(
  view: View,
  from: Machine,
  to: string,
  protocol: 'icmp' | Protocol = 'icmp',
  port?: number,
  trail?: Ends[],
): Walk {
  const packet: Packet = { source: '', destination: to, protocol, port };
  const hops: Hop[] = [];
  let position: Position = { machine: from };
  let step = stepFrom(view, position, packet);
  while ('next' in step && hops.length < MOST_HOPS) {
    hops.push({ ...hopOf(position), out: step.out.name });
    trail?.push(endsOf(packet));
    position = step.next;
    step = stepFrom(view, position, packet);
  }
  hops.push(hopOf(position));
  trail?.push(endsOf(packet));
  const dropped = 'end' in step ? step.dropped : 'it goes in circles';
  return {
    hops,
    end: position.machine.name,
    ...(dropped !== undefined && { dropped }),
    ...('end' in step && step.isIsolated && { isIsolated: true as const }),
    ...endsOf(packet),
  };
}

const endsOf = ({ source, destination, port }: Packet): Ends => ({
  source,
  destination,
  ...(port !== undefined && { port }),
});

const hopOf = ({ machine, input }: Position): Hop => ({
  machine: machine.name,
  ...(input && { in: input.name }),
});

/** What one machine does with the packet: keeps it, drops it, or translates it and sends it on. */
function stepFrom(view: View, { machine, input }: Position, packet: Packet): Step {
  const translated = input !== undefined && translateDestination(machine, packet);
  const family = familyOf(packet.destination);
  if (isOwn(machine, packet.destination)) return { end: true };
  if (input && machine.kind === 'host') return drop('a host does not forward');
  const route = lookUp(machine, packet.destination);
  if (!route) return drop(`no route to ${packet.destination}`);
  const { out, via = packet.destination } = route;
  if (packet.source === '') packet.source = ownAddress(out, family) ?? '';
  const isGuarded =
    input !== undefined && input !== out && isolatedSegments(machine, family).includes(out.segment);
  if (isGuarded && !translated) return { ...drop(`untranslated to ${out.segment}`), isIsolated: true };
  translateSource(machine, packet, out, translated);
  const next = view.ownerOn(out.segment, via);
  return next
    ? { out, next: { machine: next.machine, input: next.interface } }
    : drop(`nobody on ${out.segment} has ${via}`);
}

const drop = (dropped: string): { readonly end: true; readonly dropped: string } => ({ end: true, dropped });

type Way = { readonly out: Interface; readonly via?: string };
/** Look-up tables of a machine, which every packet at it needs. */
type Tables = {
  readonly own: ReadonlySet<string>;
  /** By family and length of the prefix, the longest first; then by the bits of the prefix. */
  readonly routes: readonly {
    readonly family: Family;
    readonly length: number;
    readonly to: ReadonlyMap<bigint, Way>;
  }[];
};

const tablesOf = memoizedFor(({ interfaces, routes }: Machine): Tables => {
  const found = new Map<string, { family: Family; length: number; to: Map<bigint, Way> }>();
  const add = ({ family, length, value }: Prefix, way: Way): void => {
    const key = `${family}/${length}`;
    const table = found.get(key) ?? { family, length, to: new Map<bigint, Way>() };
    found.set(key, table);
    const bits = value >> BigInt(bitsOf(family) - length);
    if (!table.to.has(bits)) table.to.set(bits, way);
  };
  for (const out of interfaces) for (const own of out.addresses) add(cidr(own).prefix, { out });
  const byName = new Map(interfaces.map((one) => [one.name, one]));
  for (const route of routes) {
    const out = byName.get(route.interface);
    if (out) add(prefixOfRoute(route), { out, via: route.via });
  }
  return {
    own: new Set(interfaces.flatMap(({ addresses }) => addresses.map(bare))),
    routes: [...found.values()].sort((one, other) => other.length - one.length),
  };
});

const isOwn = (machine: Machine, address: string): boolean => tablesOf(machine).own.has(address);

/** The longest prefix that fits, of the connected subnets and the routes. */
function lookUp(machine: Machine, to: string): Way | undefined {
  const { family, value } = read(to);
  for (const table of tablesOf(machine).routes) {
    if (table.family !== family) continue;
    const way = table.to.get(value >> BigInt(bitsOf(family) - table.length));
    if (way) return way;
  }
  return undefined;
}

const prefixOfRoute = ({ to, family }: Route): Prefix =>
  cidr(to === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : to).prefix;

function translateDestination(router: Machine, packet: Packet): boolean {
  for (const one of router.nat) {
    if (one.kind === 'masquerade' || !isPublicOf(one, packet.destination)) continue;
    if (one.kind === 'nptv6') {
      packet.destination = translatedIn(one, packet.destination) ?? packet.destination;
      return true;
    }
    if (one.kind === 'forward') {
      const { port } = packet;
      if (
        packet.protocol !== one.protocol ||
        port === undefined ||
        port < one.ports.first ||
        port > one.ports.last
      )
        continue;
      packet.port = one.toPort + port - one.ports.first;
    }
    packet.destination = one.inside.address;
    return true;
  }
  return false;
}

/** In the order of the rules (nat/rules): a host's own public address, then the shared ones, then hairpins. */
function translateSource(router: Machine, packet: Packet, out: Interface, translated: boolean): void {
  if (router.nat.length === 0 || packet.source === '') return;
  const source = read(packet.source);
  const inside = insideSegments(router, source.family);
  const own = router.nat.find(
    (one) =>
      one.kind === 'static' &&
      one.inside.address === packet.source &&
      (translated || leaves(one.via, out, inside)),
  );
  const shared = router.nat.find(
    (one) =>
      one.kind === 'masquerade' &&
      one.inside.some(
        ({ subnet, interface: on }) =>
          contains(cidr(subnet).prefix, source) &&
          (one.via === out.name || (translated && on === out.name && one.behaviour.hairpin)),
      ),
  );
  const mapping = own ?? shared;
  const renumbered = router.nat.flatMap((one) =>
    one.kind === 'nptv6' && isShown(router, one, out, translated)
      ? (translatedOut(one, packet.source) ?? [])
      : [],
  )[0];
  if (renumbered !== undefined) packet.source = renumbered;
  else if (mapping) packet.source = mapping.public;
  else if (translated && inside.has(out.segment) && contains(cidr(out.addresses[0] ?? '').prefix, source))
    packet.source = ownAddress(out, source.family) ?? packet.source;
}

function isShown(router: Machine, mapping: NptMapping, out: Interface, translated: boolean): boolean {
  const when = isRenumbered(router, mapping, out);
  return when === 'by-mark' ? translated : when;
}

const leaves = (via: string | undefined, out: Interface, inside: ReadonlySet<string>): boolean =>
  via === undefined ? !inside.has(out.segment) : via === out.name;
