/** The connections that a network namespace tracks (linux/netfilter/nfnetlink_conntrack.h): listed, and observed as they come and go. */
import { Buffer } from 'node:buffer';
import { formatAddress } from '../../core/ip.js';
import type { Connection } from '../../core/sample.js';
import { Batch, NLM_F } from './message.js';
import { Attributes } from './reader.js';
import { readAddress } from './route.js';
import type { NetlinkSocket } from './socket.js';
import { eachAttribute } from './walk.js';

const SUBSYSTEM = 1 << 8;
const MESSAGE = {
  NEW: SUBSYSTEM | 0,
  GET: SUBSYSTEM | 1,
  DELETE: SUBSYSTEM | 2,
  STATS: SUBSYSTEM | 5,
} as const;
/** NFNLGRP_CONNTRACK_NEW and _DESTROY, each by its bit. */
export const CONNTRACK_GROUPS = (1 << 0) | (1 << 2);
const CTA = { ORIGINAL: 1, REPLY: 2, ID: 12 } as const;
const CTA_TUPLE = { IP: 1, PROTOCOL: 2 } as const;
const CTA_IP = { V4_SOURCE: 1, V4_DESTINATION: 2, V6_SOURCE: 3, V6_DESTINATION: 4 } as const;
const CTA_PROTOCOL = { NUMBER: 1, SOURCE_PORT: 2, DESTINATION_PORT: 3 } as const;
const CTA_STATS_ENTRIES = 1;
/** struct nfgenmsg */
const HEADER = 4;

const ALL = Buffer.from(new Batch().begin(MESSAGE.GET, NLM_F.DUMP).u32(0).end().finish());
const COUNT = Buffer.from(new Batch().begin(MESSAGE.STATS, 0).u32(0).end().finish());
const read = new Attributes(COUNT);

/** IANA's protocol numbers. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  58: 'icmp6',
  132: 'sctp',
};

/** How many there are. @throws if the kernel does not say */
export function connectionCount(socket: NetlinkSocket): number {
  let count = 0;
  socket.each(COUNT, MESSAGE.STATS, (bytes, from, end) => {
    count = read.read(bytes, from + HEADER, end).u32be(CTA_STATS_ENTRIES) ?? 0;
  });
  return count;
}

/** @param wanted whether a connection is to be read in full, by its id */
export function eachConnection(
  socket: NetlinkSocket,
  wanted: (id: number) => boolean,
  visit: (connection: Connection) => void,
): void {
  socket.each(ALL, MESSAGE.NEW, (bytes, from, end) => {
    if (wanted(idOf(bytes, from, end))) visit(connectionOf(bytes, from, end));
  });
}

type Told = {
  readonly came: (id: number, connection: () => Connection) => void;
  readonly went: (id: number) => void;
};

/** Reads the events of a socket in CONNTRACK_GROUPS; `lost` if some were dropped. */
export const drainConnections = (
  socket: NetlinkSocket,
  most: number,
  { came, went }: Told,
): 'read' | 'lost' =>
  socket.drain(most, (type, bytes, from, end) => {
    if (type === MESSAGE.NEW) came(idOf(bytes, from, end), () => connectionOf(bytes, from, end));
    else if (type === MESSAGE.DELETE) went(idOf(bytes, from, end));
  });

const idOf = (bytes: Buffer, from: number, end: number): number =>
  read.read(bytes, from + HEADER, end).u32be(CTA.ID) ?? 0;

function connectionOf(bytes: Buffer, from: number, end: number): Connection {
  let [original, reply] = [NO_TUPLE, NO_TUPLE];
  eachAttribute(bytes, from + HEADER, end, (type, at, stop) => {
    if (type === CTA.ORIGINAL) original = tupleOf(bytes, at, stop);
    else if (type === CTA.REPLY) reply = tupleOf(bytes, at, stop);
  });
  return {
    id: idOf(bytes, from, end),
    protocol: PROTOCOLS[original.protocol] ?? `${original.protocol}`,
    source: endOf(original.source, original.sourcePort),
    destination: endOf(original.destination, original.destinationPort),
    answerSource: endOf(reply.source, reply.sourcePort),
    answerDestination: endOf(reply.destination, reply.destinationPort),
  };
}

type Tuple = {
  source: string;
  destination: string;
  protocol: number;
  sourcePort: number | undefined;
  destinationPort: number | undefined;
};
const NO_TUPLE: Tuple = {
  source: '',
  destination: '',
  protocol: 0,
  sourcePort: undefined,
  destinationPort: undefined,
};

function tupleOf(bytes: Buffer, from: number, end: number): Tuple {
  const tuple = { ...NO_TUPLE };
  const parts: Readonly<Record<number, (type: number, at: number, stop: number) => void>> = {
    [CTA_TUPLE.IP]: (type, at, stop) => {
      const address = formatAddress(readAddress(bytes.subarray(at, stop)));
      if (type === CTA_IP.V4_SOURCE || type === CTA_IP.V6_SOURCE) tuple.source = address;
      else if (type === CTA_IP.V4_DESTINATION || type === CTA_IP.V6_DESTINATION) tuple.destination = address;
    },
    [CTA_TUPLE.PROTOCOL]: (type, at) => {
      if (type === CTA_PROTOCOL.NUMBER) tuple.protocol = bytes.readUInt8(at);
      else if (type === CTA_PROTOCOL.SOURCE_PORT) tuple.sourcePort = bytes.readUInt16BE(at);
      else if (type === CTA_PROTOCOL.DESTINATION_PORT) tuple.destinationPort = bytes.readUInt16BE(at);
    },
  };
  eachAttribute(bytes, from, end, (type, at, stop) => {
    const visit = parts[type];
    if (visit) eachAttribute(bytes, at, stop, visit);
  });
  return tuple;
}

function endOf(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
