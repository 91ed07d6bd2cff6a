/**
 * The way a packet takes by the model: routes, NAT and isolation as the lab says. What checks expect comes from here;
 * what happens is for captures to show.
 */
import { address as read, cidr, contains } from '../core/ip.js';
import type { Interface, Machine, Protocol, Route } from './lab.js';
import type { View } from './view.js';
import {
  bare,
  familyOf,
  insideSegments,
  isolatedSegments,
  isPublicOf,
  ownAddress,
  translatedIn,
  translatedOut,
} from './view.js';

export type Hop = { readonly machine: string; readonly in?: string; readonly out?: string };

export type Walk = {
  readonly hops: readonly Hop[];
  /** The last machine; where `dropped` is set, the one that drops the packet. */
  readonly end: string;
  readonly dropped?: string;
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
  { readonly out: Interface; readonly next: Position } | { readonly end: true; readonly dropped?: string };

const MOST_HOPS = 64;

export function walk(
  view: View,
  from: Machine,
  to: string,
  protocol: 'icmp' | Protocol = 'icmp',
  port?: number,
): Walk {
  const packet: Packet = { source: '', destination: to, protocol, port };
  const hops: Hop[] = [];
  let position: Position = { machine: from };
  let step = stepFrom(view, position, packet);
  while ('next' in step && hops.length < MOST_HOPS) {
    hops.push({ ...hopOf(position), out: step.out.name });
    position = step.next;
    step = stepFrom(view, position, packet);
  }
  hops.push(hopOf(position));
  const dropped = 'end' in step ? step.dropped : 'it goes in circles';
  return {
    hops,
    end: position.machine.name,
    ...(dropped !== undefined && { dropped }),
    source: packet.source,
    destination: packet.destination,
    ...(packet.port !== undefined && { port: packet.port }),
  };
}

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
  if (isGuarded && !translated) return drop(`untranslated to ${out.segment}`);
  translateSource(machine, packet, out, translated);
  const next = view.ownerOn(out.segment, via);
  return next
    ? { out, next: { machine: next.machine, input: next.interface } }
    : drop(`nobody on ${out.segment} has ${via}`);
}

const drop = (dropped: string): Step => ({ end: true, dropped });

const isOwn = (machine: Machine, address: string): boolean =>
  machine.interfaces.some(({ addresses }) => addresses.some((own) => bare(own) === address));

/** The longest prefix that fits, of the connected subnets and the routes. */
function lookUp(machine: Machine, to: string): { out: Interface; via?: string } | undefined {
  const address = read(to);
  const connected = machine.interfaces.flatMap((out) =>
    out.addresses.map((own) => ({ out, prefix: cidr(own).prefix })),
  );
  const routed = machine.routes.flatMap((route) => {
    const out = machine.interfaces.find(({ name }) => name === route.interface);
    return out && route.family === address.family
      ? [{ out, via: route.via, prefix: prefixOfRoute(route) }]
      : [];
  });
  const fitting = [...connected, ...routed].filter(({ prefix }) => contains(prefix, address));
  return fitting.reduce<(typeof fitting)[number] | undefined>(
    (best, one) => (!best || one.prefix.length > best.prefix.length ? one : best),
    undefined,
  );
}

const prefixOfRoute = ({ to, family }: Route) =>
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
    one.kind === 'nptv6' && (one.via === out.name || (translated && inside.has(out.segment)))
      ? (translatedOut(one, packet.source) ?? [])
      : [],
  )[0];
  if (renumbered !== undefined) packet.source = renumbered;
  else if (mapping) packet.source = mapping.public;
  else if (translated && inside.has(out.segment) && contains(cidr(out.addresses[0] ?? '').prefix, source))
    packet.source = ownAddress(out, source.family) ?? packet.source;
}

const leaves = (via: string | undefined, out: Interface, inside: ReadonlySet<string>): boolean =>
  via === undefined ? !inside.has(out.segment) : via === out.name;
