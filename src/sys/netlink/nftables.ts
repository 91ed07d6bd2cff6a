/** How often the rules of a network namespace were changed, as nf_tables counts (linux/netfilter/nf_tables.h). */
import { attributes, Batch } from './message.js';
import { NETLINK_NETFILTER, NetlinkSocket } from './socket.js';

const SUBSYSTEM = 10 << 8;
const NFT_MSG = { NEWGEN: SUBSYSTEM | 15, GETGEN: SUBSYSTEM | 16 } as const;
const NFTA_GEN_ID = 1;
/** struct nfgenmsg */
const HEADER = 4;
/** Of a namespace in which nothing was ever changed, or nothing that nf_tables knows of. */
const NEVER = 1;

/** Of the thread's own namespace; undefined where that says nothing: without nf_tables, or with iptables-legacy(8). */
export function rulesGeneration(): number | undefined {
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    const answers = socket.ask(new Batch().begin(NFT_MSG.GETGEN, 0).u32(0).end());
    const [found] = answers.filter(({ type }) => type === NFT_MSG.NEWGEN);
    const generation = found && attributes(found.body, HEADER).get(NFTA_GEN_ID)?.readUInt32BE(0);
    return generation === undefined || generation <= NEVER ? undefined : generation;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
