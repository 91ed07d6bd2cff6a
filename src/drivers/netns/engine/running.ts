/**
 * From when both ends of a link are up until it lets packets through, the kernel's own work has its turn (net/core/link_watch.c):
 * at once, unless much is made or taken apart elsewhere on this computer, as all of that waits for one lock.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic } from '../../../core/monotonic.js';
import { hasPortOnItsWay } from '../../../sys/netlink/dump.js';
import type { NetlinkSocket } from '../../../sys/netlink/socket.js';

/** Milliseconds. What takes longer is no reason to have no lab. */
const PATIENCE = 10_000;
const PAUSE = 5;

/** @param fabric speaks to the namespace that the segments' bridges are in */
export async function untilPortsRun(fabric: NetlinkSocket): Promise<void> {
  for (const end = monotonic() + PATIENCE; hasPortOnItsWay(fabric) && monotonic() < end;) await sleep(PAUSE);
}
