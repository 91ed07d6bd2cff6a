/** How often the rules of a network namespace were changed, as nf_tables counts (linux/netfilter/nf_tables.h). */
import { Buffer } from 'node:buffer';
import { Batch } from './message.js';
import { Attributes } from './reader.js';
import { NETLINK_NETFILTER, NetlinkSocket } from './socket.js';

const SUBSYSTEM = 10 << 8;
const NFT_MSG = { NEWGEN: SUBSYSTEM | 15, GETGEN: SUBSYSTEM | 16 } as const;
const NFTA_GEN_ID = 1;
/** struct nfgenmsg */
const HEADER = 4;
/** Of a namespace in which nothing was ever changed, or nothing that nf_tables knows of. */
const NEVER = 1;

const QUESTION = Buffer.from(new Batch().begin(NFT_MSG.GETGEN, 0).u32(0).end().finish());
const read = new Attributes(QUESTION);

/** Of the thread's own namespace; undefined where that says nothing: without nf_tables, or with iptables-legacy(8). */
export function rulesGeneration(): number | undefined {
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  let generation: number | undefined;
  try {
    socket.each(QUESTION, NFT_MSG.NEWGEN, (bytes, from, end) => {
      generation = read.read(bytes, from + HEADER, end).u32be(NFTA_GEN_ID);
    });
    return generation === undefined || generation <= NEVER ? undefined : generation;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
