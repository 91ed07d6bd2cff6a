/** What a network namespace has, as the kernel lists it (rtnetlink(7)): links, addresses, routes, neighbours. */
import type { Buffer } from 'node:buffer';
import type { Address, Prefix } from '../../core/ip.js';
import type { Message } from './message.js';
import { attributes, Batch, NLM_F, textOf } from './message.js';
import {
  AF,
  askNeighbour,
  IFA,
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
  /** The bridge that it is a port of; 0 for none. */
  readonly master: number;
  /** Of a veth the index of its other end, in the namespace that is in; 0 for none. */
  readonly peer: number;
};
export type AddressInfo = {
  readonly index: number;
  readonly address: Address;
  readonly length: number;
  readonly isGlobal: boolean;
};
/** Of the main table, to one next hop or none. */
export type RouteInfo = {
  readonly to: Prefix;
  readonly via: Address | undefined;
  readonly index: number;
  /** Who made it (rtnetlink(7), rtm_protocol): 2 the kernel, 3 ip(8), 4 an administrator. */
  readonly protocol: number;
  readonly metric: number;
};
export type NeighbourInfo = { readonly index: number; readonly address: Address; readonly mac: string };

const SIZES = { link: 16, address: 8, route: 12, neighbour: 12 } as const;
const MAIN_TABLE = 254;

/** A request for all of a kind: the fixed part of zeros, which says that. */
function question(type: number, size: number): Batch {
  const request = new Batch().begin(type, NLM_F.DUMP);
  for (let at = 0; at < size; at += 4) request.u32(0);
  return request;
}

const dump = (socket: NetlinkSocket, type: number, size: number, wanted: number): Message[] =>
  socket.ask(question(type, size).end()).filter((message) => message.type === wanted);

const IFLA_EXT_MASK = 29;
/** RTEXT_FILTER_SKIP_STATS (linux/rtnetlink.h): most of what the kernel would say of a link. */
const WITHOUT_COUNTERS = 1 << 3;

export const linksIn = (socket: NetlinkSocket): LinkInfo[] =>
  socket
    .ask(question(RTM.GETLINK, SIZES.link).attrU32(IFLA_EXT_MASK, WITHOUT_COUNTERS).end())
    .filter(({ type }) => type === RTM.NEWLINK)
    .map(({ body }) => {
      const found = attributes(body, SIZES.link);
      return {
        index: body.readInt32LE(4),
        name: textOf(found.get(IFLA.IFNAME)),
        mac: macOf(found.get(IFLA.ADDRESS)),
        isUp: (body.readUInt32LE(8) & IFF_UP) !== 0,
        master: found.get(IFLA.MASTER)?.readUInt32LE(0) ?? 0,
        peer: found.get(IFLA.LINK)?.readUInt32LE(0) ?? 0,
      };
    });

export const addressesIn = (socket: NetlinkSocket): AddressInfo[] =>
  dump(socket, RTM.GETADDR, SIZES.address, RTM.NEWADDR).flatMap(({ body }): AddressInfo[] => {
    const found = attributes(body, SIZES.address);
    const bytes = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
    if (!bytes) return [];
    return [
      {
        index: body.readUInt32LE(4),
        address: readAddress(bytes),
        length: body.readUInt8(1),
        isGlobal: body.readUInt8(3) === RT.SCOPE_UNIVERSE,
      },
    ];
  });

export const routesIn = (socket: NetlinkSocket): RouteInfo[] =>
  dump(socket, RTM.GETROUTE, SIZES.route, RTM.NEWROUTE).flatMap(({ body }): RouteInfo[] => {
    const found = attributes(body, SIZES.route);
    const family = body.readUInt8(0) === 2 ? 4 : 6;
    const table = found.get(RTA.TABLE)?.readUInt32LE(0) ?? body.readUInt8(4);
    const index = found.get(RTA.OIF)?.readUInt32LE(0);
    if (table !== MAIN_TABLE || body.readUInt8(7) !== RT.UNICAST || index === undefined) return [];
    const to = found.get(RTA.DST);
    const via = found.get(RTA.GATEWAY);
    return [
      {
        to: { family, value: to ? readAddress(to).value : 0n, length: body.readUInt8(1) },
        via: via && readAddress(via),
        index,
        protocol: body.readUInt8(5),
        metric: found.get(RTA.PRIORITY)?.readUInt32LE(0) ?? 0,
      },
    ];
  });

/**
 * Those that are written down for good, of the ones asked for, one by one: the kernel has one table for all namespaces,
 * and walks through the whole of it for a list.
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
    return [{ index: body.readInt32LE(4), address: readAddress(bytes), mac: macOf(found.get(NDA.LLADDR)) }];
  });
}

const NETCONF = { NEW: 80, GET: 82 } as const;
const NETCONFA = { IFINDEX: 1, FORWARDING: 2, RP_FILTER: 3 } as const;
/** In place of an interface's index. */
const SCOPES: Readonly<Record<number, string>> = { [-1]: 'all', [-2]: 'default' };

/** What sysctl(8) has below net.ipv4, as far as the kernel says it by netlink: much sooner than by files. */
export function netconfIn(socket: NetlinkSocket): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const request = new Batch().begin(NETCONF.GET, NLM_F.DUMP).u8(AF[4]).u8(0).u16(0).end();
  for (const { type, body } of socket.ask(request)) {
    if (type !== NETCONF.NEW) continue;
    const attrs = attributes(body, 4);
    const scope = SCOPES[attrs.get(NETCONFA.IFINDEX)?.readInt32LE(0) ?? 0];
    const forwarding = attrs.get(NETCONFA.FORWARDING)?.readInt32LE(0);
    const filter = attrs.get(NETCONFA.RP_FILTER)?.readInt32LE(0);
    if (scope === undefined) continue;
    if (scope === 'all' && forwarding !== undefined) found.set('net.ipv4.ip_forward', `${forwarding}`);
    if (filter !== undefined) found.set(`net.ipv4.conf.${scope}.rp_filter`, `${filter}`);
  }
  return found;
}
