/** Takes machines and segments out of a running lab. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { CLONE, enter, unmount } from '../../../sys/namespaces.js';
import { linksIn } from '../../../sys/netlink/dump.js';
import { Batch } from '../../../sys/netlink/message.js';
import { removeLink } from '../../../sys/netlink/route.js';
import { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { machineDir, PIN_DIR, pinOf } from '../paths.js';
import { sendSteps } from './machines.js';
import { endProcesses, processesIn } from './processes.js';

/** Whether it has a namespace: the file alone is left where its maker was killed. */
export const isPinned = (machine: string): boolean =>
  existsSync(pinOf(machine)) && statSync(pinOf(machine)).dev !== statSync(PIN_DIR).dev;

/** With whatever runs in it. Leaves the thread in no namespace that is sure to last. */
export async function removeMachine(machine: string): Promise<void> {
  const pin = pinOf(machine);
  if (isPinned(machine)) {
    await endProcesses(processesIn(pin, isNoEngine));
    unplug(pin);
    unmount(pin);
  }
  rmSync(pin, { force: true });
  rmSync(machineDir(machine), { recursive: true, force: true });
}

/** @param bridges by name, the index of each that there is */
export function removeBridges(
  socket: NetlinkSocket,
  names: readonly string[],
  bridges: ReadonlyMap<string, number>,
): void {
  const batch = new Batch();
  for (const name of names) {
    const index = bridges.get(name);
    if (index !== undefined) removeLink(batch, index);
  }
  sendSteps(socket, batch, () => []);
}

/** Before the namespace goes, which takes its time: what comes to its place has the same names. */
function unplug(pin: string): void {
  enter(pin, CLONE.NEWNET);
  const socket = new NetlinkSocket();
  const batch = new Batch();
  for (const { index, peer } of linksIn(socket)) if (peer > 0) removeLink(batch, index);
  sendSteps(socket, batch, () => []);
  socket.close();
}

/** An engine looks into one machine after the other, and may have stopped at this one. */
const isNoEngine = (argv: readonly string[]): boolean =>
  !argv.some((one) => one.endsWith('/engine/start.js'));
