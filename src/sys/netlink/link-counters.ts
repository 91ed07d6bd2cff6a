/** What the interfaces of a network namespace have counted: RTM_GETSTATS, which says nothing else (linux/if_link.h). */
import { Buffer } from 'node:buffer';
import { Batch, NLM_F } from './message.js';
import type { NetlinkSocket } from './socket.js';

const RTM = { NEWSTATS: 92, GETSTATS: 94 } as const;
/** struct if_stats_msg */
const HEADER = 12;
/** The first attribute, of those asked for by its bit; behind its header struct rtnl_link_stats64. */
const LINK_64 = 1;
const ATTRIBUTE = 4;

export type LinkCounters = {
  readonly index: number;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly dropped: number;
};

const QUESTION = Buffer.from(
  new Batch().begin(RTM.GETSTATS, NLM_F.DUMP).u32(0).u32(0).u32(LINK_64).end().finish(),
);

/** Each in turn. */
export function eachLinkCounters(socket: NetlinkSocket, visit: (counters: LinkCounters) => void): void {
  socket.each(QUESTION, RTM.NEWSTATS, (bytes, from, end) => {
    const at = from + HEADER + ATTRIBUTE;
    if (end < at + 8 * 8 || (bytes.readUInt16LE(at - 2) & 0x3fff) !== LINK_64) return;
    const count = (place: number): number => count64(bytes, at + 8 * place);
    visit({
      index: bytes.readUInt32LE(from + 4),
      ...{ received: count(0), sent: count(1), receivedBytes: count(2), sentBytes: count(3) },
      dropped: count(6) + count(7),
    });
  });
}

/** Exact up to 2^53, as numbers are. */
const count64 = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
