/** What a lab's namespaces have at the moment, as the kernel says. */
import { readFileSync } from 'node:fs';
import type { AddressInfo, LinkInfo, NeighbourInfo, RouteInfo } from '../../../sys/netlink/dump.js';
import { addressesIn, linksIn, neighboursIn, routesIn } from '../../../sys/netlink/dump.js';
import type { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { pathOf } from './sysctl.js';

/** Of one machine. */
export type Observed = {
  readonly links: readonly LinkInfo[];
  readonly addresses: readonly AddressInfo[];
  readonly routes: readonly RouteInfo[];
  readonly neighbours: readonly NeighbourInfo[];
  /** By sysctl(8) name; undefined for what this kernel does not have. */
  readonly sysctls: ReadonlyMap<string, string | undefined>;
};

/** Of the thread's own namespace, to which the socket speaks too. */
export const observe = (socket: NetlinkSocket, sysctls: readonly string[]): Observed => ({
  links: linksIn(socket),
  addresses: addressesIn(socket),
  routes: routesIn(socket),
  neighbours: neighboursIn(socket),
  sysctls: new Map(sysctls.map((key) => [key, readSetting(key)])),
});

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
  readonly highest: number;
};

export function observeFabric(socket: NetlinkSocket): Fabric {
  const links = linksIn(socket);
  const masters = new Set(links.map(({ master }) => master));
  const isPort = ({ peer }: LinkInfo): boolean => peer > 0;
  return {
    bridges: new Map(
      links
        .filter((one) => !isPort(one) && (masters.has(one.index) || one.name !== 'lo'))
        .map(({ name, index }) => [name, index]),
    ),
    ports: new Map(links.filter(isPort).map((one) => [one.index, one])),
    highest: Math.max(...links.map(({ index }) => index)),
  };
}
