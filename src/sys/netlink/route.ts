/** The rtnetlink(7) messages labnet sends: links, addresses, routes, neighbours. */
import { Buffer } from 'node:buffer';
import type { Address, Prefix } from '../../core/ip.js';
import { lastOf } from '../../core/ip.js';
import { memoized, memoizedFor } from '../../core/memo.js';
import type { Batch } from './message.js';
import { NLM_F } from './message.js';

export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  NEWADDR: 20,
  DELADDR: 21,
  GETADDR: 22,
  NEWROUTE: 24,
  DELROUTE: 25,
  GETROUTE: 26,
  NEWNEIGH: 28,
  GETNEIGH: 30,
} as const;
export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  OPERSTATE: 16,
  LINKINFO: 18,
  NET_NS_FD: 28,
  NUM_TX_QUEUES: 31,
  NUM_RX_QUEUES: 32,
} as const;
const IFLA_INFO = { KIND: 1, DATA: 2 } as const;
const IFLA_BR = { MCAST_SNOOPING: 23 } as const;
const VETH_INFO_PEER = 1;
export const IFF_UP = 1;
export const IFF_LOWER_UP = 0x10000;
/** An operational state (linux/if.h). */
export const IF_OPER_UP = 6;
export const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4, FLAGS: 8 } as const;
const IFA_F = { NODAD: 2, PERMANENT: 0x80 } as const;
export const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, TABLE: 15 } as const;
export const RT = {
  TABLE_MAIN: 254,
  PROT_STATIC: 4,
  SCOPE_UNIVERSE: 0,
  SCOPE_NOWHERE: 255,
  UNICAST: 1,
} as const;
export const NDA = { DST: 1, LLADDR: 2 } as const;
export const NUD_PERMANENT = 0x80;
export const AF: Readonly<Record<4 | 6, number>> = { 4: 2, 6: 10 };

const CREATE = NLM_F.CREATE | NLM_F.EXCL;

/** struct ifinfomsg */
const link = (batch: Batch, type: number, flags: number, index: number, isUp: boolean): Batch =>
  batch
    .begin(type, flags)
    .u8(0)
    .u8(0)
    .u16(0)
    .u32(index)
    .u32(isUp ? IFF_UP : 0)
    .u32(isUp ? IFF_UP : 0);

export function addBridge(batch: Batch, index: number, name: string): void {
  link(batch, RTM.NEWLINK, CREATE, index, true)
    .attrText(IFLA.IFNAME, name)
    .nest(IFLA.LINKINFO, () => {
      batch
        .attrText(IFLA_INFO.KIND, 'bridge')
        .nest(IFLA_INFO.DATA, () => batch.attrU8(IFLA_BR.MCAST_SNOOPING, 0));
    })
    .end();
}

export type Veth = {
  readonly index: number;
  readonly name: string;
  readonly master: number;
  /** Of both ends; undefined for the default. */
  readonly mtu?: number | undefined;
  readonly peer: {
    readonly index: number;
    readonly name: string;
    readonly mac: string;
    readonly namespace: number;
  };
};

/** Both ends in one message, each with its index; the peer cannot be up from the start. */
export function addVeth(batch: Batch, { index, name, master, mtu, peer }: Veth): void {
  link(batch, RTM.NEWLINK, CREATE, index, true).attrText(IFLA.IFNAME, name).attrU32(IFLA.MASTER, master);
  oneQueue(batch);
  if (mtu !== undefined) batch.attrU32(IFLA.MTU, mtu);
  batch.nest(IFLA.LINKINFO, () => {
    batch.attrText(IFLA_INFO.KIND, 'veth').nest(IFLA_INFO.DATA, () => {
      batch.nest(VETH_INFO_PEER, () => {
        batch.u8(0).u8(0).u16(0).u32(peer.index).u32(0).u32(0);
        batch
          .attrText(IFLA.IFNAME, peer.name)
          .attr(IFLA.ADDRESS, macBytes(peer.mac))
          .attrU32(IFLA.NET_NS_FD, peer.namespace);
        oneQueue(batch);
        if (mtu !== undefined) batch.attrU32(IFLA.MTU, mtu);
      });
    });
  });
  batch.end();
}

const oneQueue = (batch: Batch): Batch => batch.attrU32(IFLA.NUM_TX_QUEUES, 1).attrU32(IFLA.NUM_RX_QUEUES, 1);

const IFLA_AF_SPEC = 26;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;

/** To be sent before it is up: then the interface has no link-local address, and sends no IPv6. */
export function leaveOutIpv6(batch: Batch, index: number): void {
  link(batch, RTM.NEWLINK, 0, index, false)
    .nest(IFLA_AF_SPEC, () => {
      batch.nest(AF[6], () => batch.attrU8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE));
    })
    .end();
}

export const setUp = (batch: Batch, index: number): Batch => link(batch, RTM.NEWLINK, 0, index, true).end();

export function addAddress(batch: Batch, index: number, address: Address, prefix: Prefix): void {
  const flags = IFA_F.PERMANENT | (address.family === 6 ? IFA_F.NODAD : 0);
  batch.begin(RTM.NEWADDR, CREATE).u8(AF[address.family]).u8(prefix.length).u8(flags).u8(0).u32(index);
  addressAttr(addressAttr(batch, IFA.LOCAL, address), IFA.ADDRESS, address);
  if (address.family === 4 && prefix.length < 31) addressAttr(batch, IFA.BROADCAST, lastOf(prefix));
  batch.end();
}

/** @param to undefined for the default route */
export const addRoute = (batch: Batch, index: number, to: Prefix | undefined, via: Address): void =>
  route(batch, [RTM.NEWROUTE, CREATE], index, to, via);

/** Replaces the route to the same prefix in one step. */
export const replaceRoute = (batch: Batch, index: number, to: Prefix | undefined, via: Address): void =>
  route(batch, [RTM.NEWROUTE, NLM_F.CREATE | NLM_F.REPLACE], index, to, via);

function route(
  batch: Batch,
  [type, flags]: readonly [number, number],
  index: number,
  to: Prefix | undefined,
  via: Address,
): void {
  batch
    .begin(type, flags)
    .u8(AF[via.family])
    .u8(to?.length ?? 0)
    .u8(0)
    .u8(0);
  batch.u8(RT.TABLE_MAIN).u8(RT.PROT_STATIC).u8(RT.SCOPE_UNIVERSE).u8(RT.UNICAST).u32(0);
  if (to) addressAttr(batch, RTA.DST, to);
  addressAttr(batch, RTA.GATEWAY, via).attrU32(RTA.OIF, index).end();
}

/** Whoever made it, with or without a next hop. */
export function removeRoute(
  batch: Batch,
  { to, via, index, metric }: { to: Prefix; via: Address | undefined; index: number; metric: number },
): void {
  batch.begin(RTM.DELROUTE, 0).u8(AF[to.family]).u8(to.length).u8(0).u8(0);
  batch
    .u8(RT.TABLE_MAIN)
    .u8(0)
    .u8(via ? RT.SCOPE_UNIVERSE : RT.SCOPE_NOWHERE)
    .u8(RT.UNICAST)
    .u32(0);
  if (to.length > 0) addressAttr(batch, RTA.DST, to);
  if (via) addressAttr(batch, RTA.GATEWAY, via);
  if (metric > 0) batch.attrU32(RTA.PRIORITY, metric);
  batch.attrU32(RTA.OIF, index).end();
}

/** Deletes a link; of a veth both ends. */
export const removeLink = (batch: Batch, index: number): Batch =>
  link(batch, RTM.DELLINK, 0, index, false).end();

/** Puts it on another bridge. */
export const setMaster = (batch: Batch, index: number, master: number): Batch =>
  link(batch, RTM.NEWLINK, 0, index, true).attrU32(IFLA.MASTER, master).end();

export const setMtu = (batch: Batch, index: number, mtu: number): Batch =>
  link(batch, RTM.NEWLINK, 0, index, true).attrU32(IFLA.MTU, mtu).end();

export function removeAddress(batch: Batch, index: number, address: Address, length: number): void {
  batch.begin(RTM.DELADDR, 0).u8(AF[address.family]).u8(length).u8(0).u8(0).u32(index);
  addressAttr(addressAttr(batch, IFA.LOCAL, address), IFA.ADDRESS, address).end();
}

export function addNeighbour(batch: Batch, index: number, address: Address, mac: string): void {
  neighbour(batch, [RTM.NEWNEIGH, NLM_F.CREATE | NLM_F.REPLACE], index, address, NUD_PERMANENT);
  batch.attr(NDA.LLADDR, macBytes(mac)).end();
}

export function askNeighbour(batch: Batch, index: number, address: Address): void {
  neighbour(batch, [RTM.GETNEIGH, 0], index, address, 0);
  batch.end();
}

function neighbour(
  batch: Batch,
  [type, flags]: readonly [number, number],
  index: number,
  address: Address,
  state: number,
): void {
  batch.begin(type, flags).u8(AF[address.family]).u8(0).u16(0).u32(index).u16(state).u8(0).u8(0);
  addressAttr(batch, NDA.DST, address);
}

export const macOf = (bytes: Buffer | undefined): string =>
  [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

const macBytes = memoized((mac) => Buffer.from(mac.replaceAll(':', ''), 'hex'));

/** Ten thousand routes are thirty thousand of them: one of IPv4 is written as the number that it is. */
const addressAttr = (batch: Batch, type: number, address: Address): Batch =>
  address.family === 4
    ? batch.attrU32be(type, Number(address.value))
    : batch.attr(type, addressBytes(address));

/** In network byte order; shared, and not to be changed: in a lab the same addresses come again and again. */
export const addressBytes = memoizedFor(({ family, value }: Address): Buffer => {
  const bytes = Buffer.alloc(family === 4 ? 4 : 16);
  if (family === 4) bytes.writeUInt32BE(Number(value));
  else {
    bytes.writeBigUInt64BE(value >> 64n);
    bytes.writeBigUInt64BE(value & 0xffffffffffffffffn, 8);
  }
  return bytes;
});

export function readAddress(bytes: Buffer): Address {
  return bytes.length === 4
    ? { family: 4, value: BigInt(bytes.readUInt32BE()) }
    : { family: 6, value: (bytes.readBigUInt64BE() << 64n) | bytes.readBigUInt64BE(8) };
}
