/** What the kernel lists of a machine's links, from both ends. */
import type { LinkInfo, Qdiscs } from '../../../../sys/netlink/dump.js';
import { linksIn, qdiscsIn } from '../../../../sys/netlink/dump.js';
import { NetlinkSocket } from '../../../../sys/netlink/socket.js';
import type { Seen } from './faults.js';

/** Of the thread's own namespace, a machine's; looked at once more where nobody has. */
export function seeLinks(fabric: Qdiscs, areDropsKnown: boolean, known?: Own): Seen {
  const { links, qdiscs } = known ?? look();
  const indexes = new Map(links.map(({ name, index, peer }) => [name, { own: index, port: peer }]));
  return { own: qdiscs, fabric, indexes, areDropsKnown };
}

/** What is listed in a machine. */
export type Own = { readonly links: readonly LinkInfo[]; readonly qdiscs: Qdiscs };

function look(): Own {
  const socket = new NetlinkSocket();
  try {
    return { links: linksIn(socket), qdiscs: qdiscsIn(socket) };
  } finally {
    socket.close();
  }
}
