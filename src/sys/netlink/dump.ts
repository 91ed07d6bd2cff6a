/** What a network namespace has, as the kernel lists it (rtnetlink(7)): links, addresses, routes, neighbours. */
import { Buffer } from 'node:buffer';
import type { Address, Family } from '../../core/ip.js';
import { formatAddress } from '../../core/ip.js';
import { attributes, Batch, NLM_F } from './message.js';
import { Attributes } from './reader.js';
import {
  AF,
  askNeighbour,
  IFA,
  IF_OPER_UP,
  IFF_LOWER_UP,
  IFF_UP,
  IFLA,
  macOf,
  NDA,
  NUD_PERMANENT,
  readAddress,
  RT,
  RTA,
  RTM,
} from './route.js';
import type { NetlinkSocket } from './socket.js';

export type LinkInfo = {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  readonly isUp: boolean;
  readonly mtu: number;
  /** Whether its other end is up, too. */
  readonly hasCarrier: boolean;
  /** The bridge that it is a port of; 0 for none. */
  readonly master: number;
  /** For a veth, the index of its other end, in that one's namespace; 0 for none. */
  readonly peer: number;
};
export type AddressInfo = {
  readonly index: number;
  /** As core/ip.ts writes it, without a length. */
  readonly address: string;
  readonly length: number;
  readonly isGlobal: boolean;
};
/** Of the main table, to one next hop or none. */
export type RouteInfo = {
  readonly family: Family;
  /** As core/ip.ts writes it, `0.0.0.0/0` and `::/0` for the default. */
  readonly to: string;
  readonly via: string | undefined;
  readonly index: number;
  /** Who made it (rtnetlink(7), rtm_protocol): 2 the kernel, 3 ip(8), 4 an administrator. */
  readonly protocol: number;
  readonly metric: number;
};
export type NeighbourInfo = { readonly index: number; readonly address: string; readonly mac: string };

const SIZES = { link: 16, address: 8, route: 12, neighbour: 12, netconf: 4 } as const;
const MAIN_TABLE = 254;
const AF_BRIDGE = 7;

const IFLA_EXT_MASK = 29;
/** RTEXT_FILTER_SKIP_STATS (linux/rtnetlink.h): statistics, most of an answer about a link. */
const WITHOUT_COUNTERS = 1 << 3;

/** A request for all of a kind, made once: the fixed part of zeros, which begins with the family, says that. */
function question(
  type: number,
  size: number,
  { family = 0, fill }: { readonly family?: number; readonly fill?: (request: Batch) => void } = {},
): Buffer {
  const request = new Batch().begin(type, NLM_F.DUMP).u32(family);
  for (let at = 4; at < size; at += 4) request.u32(0);
  fill?.(request);
  return Buffer.from(request.end().finish());
}

const QUESTIONS = {
  links: question(RTM.GETLINK, SIZES.link, {
    fill: (request) => request.attrU32(IFLA_EXT_MASK, WITHOUT_COUNTERS),
  }),
  // Of bridges only; the kernel needs a fifth of the time for one, as it looks for no namespace of a peer among thousands.
  ports: question(RTM.GETLINK, SIZES.link, { family: AF_BRIDGE }),
  addresses: question(RTM.GETADDR, SIZES.address),
  // A kernel that does not filter by table (before 4.20) lists all.
  routes: question(RTM.GETROUTE, SIZES.route, {
    fill: (request) => request.attrU32(RTA.TABLE, MAIN_TABLE),
  }),
} as const;

const read = new Attributes(Buffer.alloc(0));

export function linksIn(socket: NetlinkSocket): LinkInfo[] {
  const found: LinkInfo[] = [];
  socket.each(QUESTIONS.links, RTM.NEWLINK, (bytes, from, end) => {
    read.read(bytes, from + SIZES.link, end);
    found.push({
      index: bytes.readInt32LE(from + 4),
      name: read.text(IFLA.IFNAME),
      mac: read.mac(IFLA.ADDRESS),
      isUp: (bytes.readUInt32LE(from + 8) & IFF_UP) !== 0,
      mtu: read.u32(IFLA.MTU) ?? 0,
      hasCarrier: (bytes.readUInt32LE(from + 8) & IFF_LOWER_UP) !== 0,
      master: read.u32(IFLA.MASTER) ?? 0,
      peer: read.u32(IFLA.LINK) ?? 0,
    });
  });
  return found;
}

/**
 * Whether a port of a bridge has a carrier of which the kernel has not taken notice yet: it lets packets through once its operational
 * state is up (RFC 2863). Of a new link that is unknown at first, and then IFF_RUNNING says that it runs, while its queue drops
 * whatever comes. Only ends of veths count: the state of another kind may stay unknown for good.
 */
export function hasPortOnItsWay(socket: NetlinkSocket): boolean {
  let found = false;
  socket.each(QUESTIONS.ports, RTM.NEWLINK, (bytes, from, end) => {
    if (found || (bytes.readUInt32LE(from + 8) & IFF_LOWER_UP) === 0) return;
    read.read(bytes, from + SIZES.link, end);
    found = (read.u32(IFLA.LINK) ?? 0) !== 0 && read.u8(IFLA.OPERSTATE) !== IF_OPER_UP;
  });
  return found;
}

export function addressesIn(socket: NetlinkSocket): AddressInfo[] {
  const found: AddressInfo[] = [];
  socket.each(QUESTIONS.addresses, RTM.NEWADDR, (bytes, from, end) => {
    read.read(bytes, from + SIZES.address, end);
    const address = read.address(IFA.LOCAL) ?? read.address(IFA.ADDRESS);
    if (address === undefined) return;
    found.push({
      index: bytes.readUInt32LE(from + 4),
      address,
      length: bytes.readUInt8(from + 1),
      isGlobal: bytes.readUInt8(from + 3) === RT.SCOPE_UNIVERSE,
    });
  });
  return found;
}

export function routesIn(socket: NetlinkSocket): RouteInfo[] {
  const found: RouteInfo[] = [];
  socket.each(QUESTIONS.routes, RTM.NEWROUTE, (bytes, from, end) => {
    read.read(bytes, from + SIZES.route, end);
    const table = read.u32(RTA.TABLE) ?? bytes.readUInt8(from + 4);
    const index = read.u32(RTA.OIF);
    if (table !== MAIN_TABLE || bytes.readUInt8(from + 7) !== RT.UNICAST || index === undefined) return;
    const family = bytes.readUInt8(from) === AF[4] ? 4 : 6;
    found.push({
      family,
      to: `${read.address(RTA.DST) ?? (family === 4 ? '0.0.0.0' : '::')}/${bytes.readUInt8(from + 1)}`,
      via: read.address(RTA.GATEWAY),
      index,
      protocol: bytes.readUInt8(from + 5),
      metric: read.u32(RTA.PRIORITY) ?? 0,
    });
  });
  return found;
}

/**
 * The permanent ones among those asked for, one by one: the kernel has one table for all namespaces,
 * and walks through all of it for a dump.
 */
export function neighboursOf(
  socket: NetlinkSocket,
  wanted: readonly { readonly index: number; readonly address: Address }[],
): NeighbourInfo[] {
  if (wanted.length === 0) return [];
  const batch = new Batch();
  for (const { index, address } of wanted) askNeighbour(batch, index, address);
  return socket.collect(batch).flatMap(({ type, body }): NeighbourInfo[] => {
    if (type !== RTM.NEWNEIGH) return [];
    const found = attributes(body, SIZES.neighbour);
    const bytes: Buffer | undefined = found.get(NDA.DST);
    if (!bytes || (body.readUInt16LE(8) & NUD_PERMANENT) === 0) return [];
    const address = formatAddress(readAddress(bytes));
    return [{ index: body.readInt32LE(4), address, mac: macOf(found.get(NDA.LLADDR)) }];
  });
}

const NETCONF = { NEW: 80, GET: 82 } as const;
const NETCONFA = { IFINDEX: 1, FORWARDING: 2, RP_FILTER: 3 } as const;
/** In place of an interface's index. */
const SCOPES: Readonly<Record<number, string>> = { [-1]: 'all', [-2]: 'default' };
const NETCONF_QUESTION = Buffer.from(
  new Batch().begin(NETCONF.GET, NLM_F.DUMP).u8(AF[4]).u8(0).u16(0).end().finish(),
);

/** Settings below net.ipv4 of sysctl(8) that the kernel reports by netlink, which is much faster than files. */
export function netconfIn(socket: NetlinkSocket): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  socket.each(NETCONF_QUESTION, NETCONF.NEW, (bytes, from, end) => {
    read.read(bytes, from + SIZES.netconf, end);
    const scope = SCOPES[read.i32(NETCONFA.IFINDEX) ?? 0];
    if (scope === undefined) return;
    const forwarding = read.i32(NETCONFA.FORWARDING);
    const filter = read.i32(NETCONFA.RP_FILTER);
    if (scope === 'all' && forwarding !== undefined) found.set('net.ipv4.ip_forward', `${forwarding}`);
    if (filter !== undefined) found.set(`net.ipv4.conf.${scope}.rp_filter`, `${filter}`);
  });
  return found;
}

/** Places and parameters, as text to compare with, by the index of the interface. */
export type Qdiscs = ReadonlyMap<number, string>;

const RTM_QDISC = { NEW: 36, GET: 38 } as const;
const TCA = { KIND: 1, OPTIONS: 2 } as const;
/** struct tcmsg (linux/rtnetlink.h) */
const TCMSG = 20;
const QDISC_QUESTION = question(RTM_QDISC.GET, TCMSG);

/** The queueing disciplines that somebody has added: the kernel's own have no handle (tc(8)). */
export function qdiscsIn(socket: NetlinkSocket): Qdiscs {
  const found = new Map<number, string>();
  socket.each(QDISC_QUESTION, RTM_QDISC.NEW, (bytes, from, end) => {
    const handle = bytes.readUInt32LE(from + 8);
    if (handle === 0) return;
    const parent = bytes.readUInt32LE(from + 12).toString(16);
    read.read(bytes, from + TCMSG, end);
    const text = `${parent} ${handle.toString(16)} ${read.text(TCA.KIND)} ${read.hex(TCA.OPTIONS)}`;
    const index = bytes.readInt32LE(from + 4);
    found.set(index, [...(found.get(index)?.split('\n') ?? []), text].sort().join('\n'));
  });
  return found;
}
