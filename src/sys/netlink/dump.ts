/** What a network namespace has, as the kernel lists it (rtnetlink(7)): links, addresses, routes, neighbours. */
import type { Buffer } from 'node:buffer';
import type { Address, Prefix } from '../../core/ip.js';
import type { Message } from './message.js';
import { attributes, Batch, NLM_F, textOf } from './message.js';
import { IFA, IFF_UP, IFLA, macOf, NDA, NUD_PERMANENT, readAddress, RT, RTA, RTM } from './route.js';
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

function dump(socket: NetlinkSocket, type: number, size: number, wanted: number): Message[] {
  const request = new Batch().begin(type, NLM_F.DUMP);
  for (let at = 0; at < size; at += 4) request.u32(0);
  return socket.dump(request.end()).filter((message) => message.type === wanted);
}

export const linksIn = (socket: NetlinkSocket): LinkInfo[] =>
  dump(socket, RTM.GETLINK, SIZES.link, RTM.NEWLINK).map(({ body }) => {
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

/** Those that were written down for good. */
export const neighboursIn = (socket: NetlinkSocket): NeighbourInfo[] =>
  dump(socket, RTM.GETNEIGH, SIZES.neighbour, RTM.NEWNEIGH).flatMap(({ body }): NeighbourInfo[] => {
    const found = attributes(body, SIZES.neighbour);
    const bytes: Buffer | undefined = found.get(NDA.DST);
    if (!bytes || (body.readUInt16LE(8) & NUD_PERMANENT) === 0) return [];
    return [{ index: body.readInt32LE(4), address: readAddress(bytes), mac: macOf(found.get(NDA.LLADDR)) }];
  });
