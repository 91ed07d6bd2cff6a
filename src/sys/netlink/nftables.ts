/** The rules of a network namespace, by nf_tables (linux/netfilter/nf_tables.h): their generation, and their counters. */
import { Buffer } from 'node:buffer';
import { Batch, NLM_F } from './message.js';
import { Attributes } from './reader.js';
import { NETLINK_NETFILTER, NetlinkSocket } from './socket.js';
import { count64be, eachAttribute } from './walk.js';

const SUBSYSTEM = 10 << 8;
const NFT_MSG = {
  NEWRULE: SUBSYSTEM | 6,
  GETRULE: SUBSYSTEM | 7,
  NEWGEN: SUBSYSTEM | 15,
  GETGEN: SUBSYSTEM | 16,
} as const;
const NFTA_GEN_ID = 1;
const NFTA_RULE = { TABLE: 1, CHAIN: 2, HANDLE: 3, EXPRESSIONS: 4 } as const;
const NFTA_EXPR = { NAME: 1, DATA: 2 } as const;
const NFTA_COUNTER = { BYTES: 1, PACKETS: 2 } as const;
/** struct nfgenmsg */
const HEADER = 4;
/** The generation of a namespace whose rules were never changed through nf_tables. */
const NEVER = 1;

const QUESTION = Buffer.from(new Batch().begin(NFT_MSG.GETGEN, 0).u32(0).end().finish());
const RULES = Buffer.from(new Batch().begin(NFT_MSG.GETRULE, NLM_F.DUMP).u32(0).end().finish());
const read = new Attributes(QUESTION);

/** Of the thread's own namespace; undefined if it is meaningless: without nf_tables, or with iptables-legacy(8). */
export function rulesGeneration(): number | undefined {
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    return generationBy(socket);
  } finally {
    socket.close();
  }
}

/** Of the namespace of a NETLINK_NETFILTER socket. */
export function generationBy(socket: NetlinkSocket): number | undefined {
  let generation: number | undefined;
  try {
    socket.each(QUESTION, NFT_MSG.NEWGEN, (bytes, from, end) => {
      generation = read.read(bytes, from + HEADER, end).u32be(NFTA_GEN_ID);
    });
  } catch {
    return undefined;
  }
  return generation === undefined || generation <= NEVER ? undefined : generation;
}

export type CountingRule = {
  /** As linux/netfilter.h numbers them: 2 is ip, 10 ip6, 1 inet. */
  readonly family: number;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  /** Undefined for a rule without a counter. */
  readonly counter: { readonly packets: number; readonly bytes: number } | undefined;
};

/** All rules, those of a chain in order; also those of iptables-nft(8). */
export function eachRule(socket: NetlinkSocket, visit: (rule: CountingRule) => void): void {
  socket.each(RULES, NFT_MSG.NEWRULE, (bytes, from, end) => {
    read.read(bytes, from + HEADER, end);
    visit({
      family: bytes.readUInt8(from),
      table: read.text(NFTA_RULE.TABLE),
      chain: read.text(NFTA_RULE.CHAIN),
      handle: handleOf(bytes, from + HEADER, end),
      counter: counterOf(bytes, from + HEADER, end),
    });
  });
}

function handleOf(bytes: Buffer, from: number, end: number): number {
  let handle = 0;
  eachAttribute(bytes, from, end, (type, at) => {
    if (type === NFTA_RULE.HANDLE) handle = count64be(bytes, at);
  });
  return handle;
}

/** The value of the first counter. */
function counterOf(bytes: Buffer, from: number, end: number): CountingRule['counter'] {
  let found: CountingRule['counter'];
  eachAttribute(bytes, from, end, (type, list, listEnd) => {
    if (type !== NFTA_RULE.EXPRESSIONS) return;
    eachAttribute(bytes, list, listEnd, (_, expression, expressionEnd) => {
      let counts = false;
      eachAttribute(bytes, expression, expressionEnd, (part, at, stop) => {
        if (part === NFTA_EXPR.NAME) counts = isCounter(bytes, at, stop);
        else if (part === NFTA_EXPR.DATA && counts) found ??= readCounter(bytes, at, stop);
      });
    });
  });
  return found;
}

const COUNTER = Buffer.from('counter\0');
const isCounter = (bytes: Buffer, from: number, end: number): boolean =>
  end - from === COUNTER.length && bytes.compare(COUNTER, 0, COUNTER.length, from, end) === 0;

function readCounter(bytes: Buffer, from: number, end: number): { packets: number; bytes: number } {
  const found = { packets: 0, bytes: 0 };
  eachAttribute(bytes, from, end, (type, at) => {
    if (type === NFTA_COUNTER.PACKETS) found.packets = count64be(bytes, at);
    else if (type === NFTA_COUNTER.BYTES) found.bytes = count64be(bytes, at);
  });
  return found;
}
