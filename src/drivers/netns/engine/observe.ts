/** What a lab's namespaces have at the moment, as the kernel says. */
import { readFileSync } from 'node:fs';
import { address as read } from '../../../core/ip.js';
import type { MachinePlan } from '../../../plan/build.js';
import { neighbourSteps } from '../../../plan/neighbours.js';
import type { AddressInfo, LinkInfo, NeighbourInfo, Qdiscs, RouteInfo } from '../../../sys/netlink/dump.js';
import {
  addressesIn,
  linksIn,
  neighboursOf,
  netconfIn,
  qdiscsIn,
  routesIn,
} from '../../../sys/netlink/dump.js';
import type { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { pathOf } from './sysctl.js';

/** Of one machine. */
export type Observed = {
  readonly links: readonly LinkInfo[];
  readonly addresses: readonly AddressInfo[];
  readonly routes: readonly RouteInfo[];
  /** Of those that it is to know for good. */
  readonly neighbours: readonly NeighbourInfo[];
  /** By sysctl(8) name; undefined for what this kernel does not have. */
  readonly sysctls: ReadonlyMap<string, string | undefined>;
  readonly qdiscs: Qdiscs;
};

/** A plan of all that is seen by netlink and files. */
export type NetworkPlan = Omit<MachinePlan, 'rules'>;

/** Of the thread's own namespace, to which the socket speaks too, what a plan is about. */
export function observe(socket: NetlinkSocket, { machine, neighbours }: NetworkPlan): Observed {
  const links = linksIn(socket);
  const indexes = new Map(links.map(({ name, index }) => [name, index]));
  const known = netconfIn(socket);
  const settings = Object.keys(machine.sysctls);
  return {
    links,
    qdiscs: qdiscsIn(socket),
    addresses: addressesIn(socket),
    routes: routesIn(socket),
    neighbours: neighboursOf(
      socket,
      neighbourSteps(neighbours).flatMap((step) => {
        const index = indexes.get(step.interface);
        return index === undefined ? [] : [{ index, address: read(step.address) }];
      }),
    ),
    sysctls: new Map(settings.map((key) => [key, known.get(key) ?? readSetting(key)])),
  };
}

function readSetting(key: string): string | undefined {
  try {
    return readFileSync(pathOf(key), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Between the machines: bridges by name, and their ports by index. */
export type Fabric = {
  readonly bridges: ReadonlyMap<string, number>;
  readonly ports: ReadonlyMap<number, LinkInfo>;
  readonly qdiscs: Qdiscs;
  readonly highest: number;
};

export function observeFabric(socket: NetlinkSocket): Fabric {
  const links = linksIn(socket);
  const qdiscs = qdiscsIn(socket);
  const masters = new Set(links.map(({ master }) => master));
  const isPort = ({ peer }: LinkInfo): boolean => peer > 0;
  return {
    qdiscs,
    bridges: new Map(
      links
        .filter((one) => !isPort(one) && (masters.has(one.index) || one.name !== 'lo'))
        .map(({ name, index }) => [name, index]),
    ),
    ports: new Map(links.filter(isPort).map((one) => [one.index, one])),
    highest: Math.max(...links.map(({ index }) => index)),
  };
}
