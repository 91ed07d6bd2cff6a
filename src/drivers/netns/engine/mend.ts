/** Makes a machine's network as planned. New parts are added before old ones are removed, so that it always has an address. */
import { closeSync, openSync } from 'node:fs';
import { address as read, cidr } from '../../../core/ip.js';
import type { MachinePlan } from '../../../plan/build.js';
import type { LinkStep } from '../../../plan/step.js';
import { Batch } from '../../../sys/netlink/message.js';
import {
  addAddress,
  addNeighbour,
  leaveOutIpv6,
  removeAddress,
  removeLink,
  removeRoute,
  replaceRoute,
  setMaster,
  setMtu,
  setUp,
} from '../../../sys/netlink/route.js';
import { linksIn } from '../../../sys/netlink/dump.js';
import type { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { pinOf } from '../paths.js';
import type { Difference } from './difference.js';
import { differenceOf, USUAL_MTU } from './difference.js';
import type { MachineMaker } from './machines.js';
import { sendSteps } from './machines.js';
import type { Fabric, Observed } from './observe.js';
import { observe } from './observe.js';
import { writeSysctl } from './sysctl.js';

const LOOPBACK = 'lo';
const FIRST_INDEX = 16;

/** Between the machines: how to look at it, to speak to it, and to make links from there. */
export type Between = {
  readonly look: () => Fabric;
  readonly socket: NetlinkSocket;
  readonly maker: () => MachineMaker;
};

export class Mender {
  readonly #batch = new Batch();
  readonly #plan: MachinePlan;
  readonly #socket: NetlinkSocket;
  readonly #between: Between;

  /** @param socket speaks to the machine's namespace, which this thread is in */
  constructor(plan: MachinePlan, socket: NetlinkSocket, between: Between) {
    this.#plan = plan;
    this.#socket = socket;
    this.#between = between;
  }

  mend(seen: Observed, difference: Difference, fabric: Fabric): void {
    for (const { key, value } of difference.settings) writeSysctl(key, value);
    this.#unplug(seen, difference);
    const plugged = this.#plug(seen, difference);
    this.#setUp(seen, difference, plugged, fabric);
    this.#setAddresses(difference);
    this.#setRoutes(plugged.length > 0 ? this.#between.look() : fabric);
  }

  static isAwake = ({ links }: Observed): boolean =>
    links.some(({ name, isUp }) => name === LOOPBACK && isUp);

  #unplug({ links: seen }: Observed, { links, extraLinks }: Difference): void {
    const stale = seen.filter(({ name }) => links.some(({ step }) => step.interface === name));
    for (const { index } of [...stale, ...extraLinks]) removeLink(this.#batch, index);
    this.#sendFreely();
  }

  #plug({ links: seen }: Observed, { links }: Difference): { step: LinkStep; index: number }[] {
    if (links.length === 0) return [];
    const namespace = openSync(pinOf(this.#plan.machine.machine), 'r');
    const next = Math.max(...seen.map(({ index }) => index + 1), FIRST_INDEX);
    const plugs = links.map(({ step }, position) => ({ step, index: next + position, namespace }));
    this.#between.maker().plug(plugs);
    closeSync(namespace);
    for (const { step, index } of plugs) if (!step.ipv6) leaveOutIpv6(this.#batch, index);
    this.#sendFreely();
    return plugs;
  }

  #setUp(
    { links: seen }: Observed,
    { loose }: Difference,
    plugged: readonly { readonly step: LinkStep; readonly index: number }[],
    fabric: Fabric,
  ): void {
    const { machine } = this.#plan;
    setUp(this.#batch, seen.find(({ name }) => name === LOOPBACK)?.index ?? 1);
    for (const { index } of [...plugged, ...loose]) setUp(this.#batch, index);
    for (const { index, step } of loose) setMtu(this.#batch, index, step.mtu ?? USUAL_MTU);
    const again = loose.map(({ step }) => step);
    sendSteps(this.#socket, this.#batch, () => [
      machine,
      ...[...plugged, ...loose].map(({ step }) => step),
      ...again,
    ]);
    for (const { step, index } of loose) {
      const port = seen.find((link) => link.index === index)?.peer ?? 0;
      setMaster(this.#batch, port, fabric.bridges.get(step.bridge) ?? 0);
      setMtu(this.#batch, port, step.mtu ?? USUAL_MTU);
    }
    sendSteps(this.#between.socket, this.#batch, () => loose.flatMap(({ step }) => [step, step]));
  }

  #setAddresses({ addresses, extraAddresses }: Difference): void {
    const indexes = this.#indexes();
    for (const step of addresses) {
      const { address, prefix } = cidr(step.address);
      addAddress(this.#batch, indexes.get(step.interface) ?? 0, address, prefix);
    }
    sendSteps(this.#socket, this.#batch, () => addresses);
    // An address that others of its subnet came after would take them along (ip-sysctl, promote_secondaries).
    for (const { on } of extraAddresses) writeSysctl(`net.ipv4.conf.${on}.promote_secondaries`, '1');
    for (const { index, address, length } of extraAddresses)
      removeAddress(this.#batch, index, read(address), length);
    this.#sendFreely();
  }

  /** Looked at once more: with an address go the routes that need it. */
  #setRoutes(fabric: Fabric): void {
    const seen = observe(this.#socket, this.#plan);
    const found = differenceOf(this.#plan, seen, fabric);
    const indexes = this.#indexes();
    const indexOf = (step: { readonly interface: string }): number => indexes.get(step.interface) ?? 0;
    for (const { step } of found.routes) {
      const to = step.to === 'default' ? undefined : cidr(step.to).prefix;
      replaceRoute(this.#batch, indexOf(step), to, read(step.via));
    }
    for (const step of found.neighbours)
      addNeighbour(this.#batch, indexOf(step), read(step.address), step.mac);
    sendSteps(this.#socket, this.#batch, () => [
      ...found.routes.map(({ step }) => step),
      ...found.neighbours,
    ]);
    for (const { to, via, index, metric } of found.extraRoutes) {
      const { prefix } = cidr(to);
      removeRoute(this.#batch, { to: prefix, via: via === undefined ? undefined : read(via), index, metric });
    }
    this.#sendFreely();
  }

  #indexes(): ReadonlyMap<string, number> {
    return new Map(linksIn(this.#socket).map(({ name, index }) => [name, index]));
  }

  /** What is refused here is gone already, or not known to this kernel. */
  #sendFreely(): void {
    sendSteps(this.#socket, this.#batch, () => []);
  }
}
