/** Look-up tables of a lab, by segment, name and address. Made once for each lab. */
import type { Family } from '../core/ip.js';
import { address as read, cidr, contains, formatAddress } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import { nptAddress } from '../nat/npt.js';
import type {
  ForwardMapping,
  Interface,
  Lab,
  Machine,
  Mapping,
  NptMapping,
  Segment,
  StaticMapping,
} from './lab.js';

export type Attachment = { readonly machine: Machine; readonly interface: Interface };

export type View = {
  readonly lab: Lab;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly segments: ReadonlyMap<string, Segment>;
  readonly hosts: readonly Machine[];
  readonly routers: readonly Machine[];
  /** The machines on a segment, in the order of the lab. */
  readonly on: (segment: string) => readonly Attachment[];
  /** The routers on a segment, by name. */
  readonly routersOn: (segment: string) => readonly Attachment[];
  /** The machines with an address on a segment, including addresses that a router answers for. */
  readonly ownerOn: (segment: string, address: string) => Attachment | undefined;
  readonly owners: (address: string) => readonly Attachment[];
};

export const viewOf = memoizedFor((lab: Lab): View => {
  const on = new Map<string, Attachment[]>();
  const owners = new Map<string, Attachment[]>();
  for (const machine of lab.machines) {
    for (const one of machine.interfaces) {
      append(on, one.segment, { machine, interface: one });
      for (const address of one.addresses) append(owners, bare(address), { machine, interface: one });
    }
  }
  const routersOn = new Map([...on].map(([segment, all]) => [segment, all.filter(isRouter).sort(byName)]));
  return {
    lab,
    machines: new Map(lab.machines.map((machine) => [machine.name, machine])),
    segments: new Map(lab.segments.map((segment) => [segment.name, segment])),
    hosts: lab.machines.filter(({ kind }) => kind === 'host'),
    routers: lab.machines.filter(({ kind }) => kind === 'router'),
    on: (segment) => on.get(segment) ?? [],
    routersOn: (segment) => routersOn.get(segment) ?? [],
    ownerOn: (segment, address) => owners.get(address)?.find((owner) => owner.interface.segment === segment),
    owners: (address) => owners.get(address) ?? [],
  };
});

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}

const isRouter = ({ machine }: Attachment): boolean => machine.kind === 'router';
const byName = (a: Attachment, b: Attachment): number => (a.machine.name < b.machine.name ? -1 : 1);

/** The address without the length of its subnet. */
export const bare = (address: string): string => address.split('/', 1)[0] ?? address;

export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);

/** The machine's own address of a family on an interface, without the length. */
export function ownAddress({ addresses }: Interface, family: Family): string | undefined {
  const found = addresses.find((address) => familyOf(address) === family);
  return found === undefined ? undefined : bare(found);
}

/** The family of a mapping, which is that of its addresses. */
export const mappingFamily = (mapping: Mapping): Family => familyOf(mapping.public);

/** The addresses that a mapping shows outside, each as a prefix. */
export const publicsOf = (mapping: Mapping): readonly string[] => {
  if (mapping.kind === 'nptv6') return [mapping.public];
  const all = mapping.kind === 'masquerade' ? mapping.pool : [mapping.public];
  return all.map((address) => `${address}/${familyOf(address) === 4 ? 32 : 128}`);
};

/** Whether a mapping shows an address outside. */
export const isPublicOf = (mapping: Mapping, address: string): boolean =>
  mapping.kind === 'nptv6'
    ? contains(cidr(mapping.public).prefix, read(address))
    : mapping.kind === 'masquerade'
      ? mapping.pool.includes(address)
      : mapping.public === address;

/** The public address of an inside address; undefined where it is outside the prefix, or cannot be translated. */
export const translatedOut = ({ prefix, public: shown }: NptMapping, address: string): string | undefined =>
  renumbered(address, prefix, shown);

/** The inside address of a public one. */
export const translatedIn = ({ prefix, public: shown }: NptMapping, address: string): string | undefined =>
  renumbered(address, shown, prefix);

/**
 * Whether a packet from a mapping's prefix is translated when it leaves by an interface. NPTv6 has no state and cannot tell answers from
 * requests: all packets to the outside are translated, and between inside segments those that were sent to the public prefix.
 */
export function isRenumbered(router: Machine, mapping: NptMapping, out: Interface): boolean | 'by-mark' {
  if (mapping.inside.some(({ segment }) => segment === out.segment)) return 'by-mark';
  if (mapping.via === out.name) return true;
  return !router.nat.some((other) => other.kind === 'nptv6' && other.via === out.name);
}

function renumbered(text: string, from: string, to: string): string | undefined {
  const address = read(text);
  const prefix = cidr(from).prefix;
  const found = contains(prefix, address) ? nptAddress(address, prefix, cidr(to).prefix) : undefined;
  return found && formatAddress(found);
}

/** The segments that are behind a router's NAT of a family. */
export const insideSegments = (machine: Machine, family: Family): ReadonlySet<string> =>
  insidesOf(machine)[family];

const insidesOf = memoizedFor((machine: Machine) => {
  const inside = (family: Family): ReadonlySet<string> =>
    new Set(
      machine.nat
        .filter((mapping) => mappingFamily(mapping) === family && !isOwnPort(machine, mapping))
        .flatMap(insideOf),
    );
  return { 4: inside(4), 6: inside(6) };
});

/** Whether a port is open to a program of the router itself. */
export const isOwnPort = ({ name }: Machine, mapping: Mapping): mapping is ForwardMapping =>
  mapping.kind === 'forward' && mapping.inside.machine === name;

const insideOf = (mapping: Mapping): readonly string[] =>
  mapping.kind === 'masquerade' || mapping.kind === 'nptv6'
    ? mapping.inside.filter((one) => one.interface !== undefined).map(({ segment }) => segment)
    : [mapping.inside.segment];

/** The segments that no untranslated packet may enter through a router. */
export const isolatedSegments = ({ isolated, isolated6 = [] }: Machine, family: Family): readonly string[] =>
  family === 4 ? isolated : isolated6;

/** The interfaces of a router that are not behind its NAT. */
export const outsideInterfaces = (router: Machine, family: Family): string[] =>
  router.interfaces
    .filter(({ segment }) => !insideSegments(router, family).has(segment))
    .map(({ name }) => name);

/** Whether inside hosts may open ports of a router. */
export const hasPortControl = ({ nat }: Machine): boolean =>
  nat.some((one) => one.kind === 'masquerade' && one.portControl !== undefined);

/** Whether those behind a router reach what it publishes by the public address; of a port, as the NAT beside it says. */
export function isHairpin({ nat }: Machine, mapping: StaticMapping | ForwardMapping): boolean {
  if (mapping.kind === 'static') return mapping.hairpin ?? true;
  return nat.every((one) => one.kind !== 'masquerade' || one.via !== mapping.via || one.behaviour.hairpin);
}
