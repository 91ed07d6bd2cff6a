/** The differences between a machine and the plan: what is missing, what is extra, what has other values. */
import { groupBy } from '../../../core/group-by.js';
import { cidr, formatPrefix } from '../../../core/ip.js';
import { neighbourSteps } from '../../../plan/neighbours.js';
import type { AddressStep, LinkStep, NeighbourStep, RouteStep } from '../../../plan/step.js';
import type { AddressInfo, LinkInfo, RouteInfo } from '../../../sys/netlink/dump.js';
import type { Fabric, NetworkPlan, Observed } from './observe.js';

export type Setting = { readonly key: string; readonly value: string; readonly was: string };

export type Difference = {
  readonly machine: string;
  readonly settings: readonly Setting[];
  /** To be made anew: not there, or not what they are to be; `was` says how. */
  readonly links: readonly { readonly step: LinkStep; readonly was: string }[];
  /** There, and no longer wanted. */
  readonly extraLinks: readonly LinkInfo[];
  /** Switched off, or taken off their bridge. */
  readonly loose: readonly { readonly step: LinkStep; readonly index: number; readonly was: string }[];
  readonly addresses: readonly AddressStep[];
  readonly extraAddresses: readonly (AddressInfo & { readonly on: string })[];
  readonly routes: readonly { readonly step: RouteStep; readonly was: string }[];
  readonly extraRoutes: readonly (RouteInfo & { readonly on: string })[];
  readonly neighbours: readonly NeighbourStep[];
};

/** By hand, or by labnet: what routing programs write is theirs (rtnetlink(7), RTPROT_BOOT and RTPROT_STATIC). */
const WRITTEN = [3, 4];

export function differenceOf(plan: NetworkPlan, seen: Observed, fabric: Fabric): Difference {
  const { machine, links } = plan;
  const judged = links.map((step) => judgeLink(step, seen, fabric));
  const there = new Map(
    judged.flatMap(({ step, link, fault }) => (link && fault === '' ? [[step.interface, link]] : [])),
  );
  const names = new Map([...there].map(([name, { index }]) => [index, name]));
  return {
    machine: machine.machine,
    settings: settingsOf(plan, seen),
    links: judged.flatMap(({ step, fault }) => (fault === '' ? [] : [{ step, was: fault }])),
    extraLinks: seen.links.filter(
      (link) => fabric.ports.has(link.peer) && !links.some((step) => step.interface === link.name),
    ),
    loose: judged.flatMap(({ step, link, fault, looseness }) =>
      link && fault === '' && looseness !== '' ? [{ step, index: link.index, was: looseness }] : [],
    ),
    ...addressesOf(plan, seen, there, names),
    ...routesOf(plan, seen, there, names),
    neighbours: missingNeighbours(plan, seen, there, names),
  };
}

type Judged = {
  readonly step: LinkStep;
  readonly link: LinkInfo | undefined;
  /** Why it has to be made anew. */
  readonly fault: string;
  /** Why it has to be set right. */
  readonly looseness: string;
};
type There = ReadonlyMap<string, LinkInfo>;
type Names = ReadonlyMap<number, string>;

/** Of Ethernet, and of a new veth. */
export const USUAL_MTU = 1500;

function judgeLink(step: LinkStep, { links }: Observed, { bridges, ports }: Fabric): Judged {
  const link = links.find(({ name }) => name === step.interface);
  const port = link && ports.get(link.peer);
  const bridge = bridges.get(step.bridge);
  const wanted = { step, link, fault: '', looseness: '' };
  if (!link) return { ...wanted, fault: 'missing' };
  if (port?.name !== step.port) return { ...wanted, fault: 'another interface' };
  if (link.mac !== step.mac) return { ...wanted, fault: `has the MAC address ${link.mac}` };
  if (port.master !== bridge) return { ...wanted, looseness: 'not on its segment' };
  const mtu = step.mtu ?? USUAL_MTU;
  if (link.mtu !== mtu || port.mtu !== mtu)
    return { ...wanted, looseness: `has an MTU of ${Math.min(link.mtu, port.mtu)}` };
  return { ...wanted, looseness: link.isUp && port.isUp ? '' : 'down' };
}

const settingsOf = ({ machine: { sysctls } }: NetworkPlan, seen: Observed): Setting[] =>
  Object.entries(sysctls).flatMap(([key, value]) => {
    const was = seen.sysctls.get(key);
    return was === undefined || was === value ? [] : [{ key, value, was }];
  });

function addressesOf(
  { addresses }: NetworkPlan,
  seen: Observed,
  there: There,
  names: Names,
): Pick<Difference, 'addresses' | 'extraAddresses'> {
  const found = new Set(
    seen.addresses.map(({ index, address, length }) => `${names.get(index) ?? ''} ${address}/${length}`),
  );
  const wanted = new Set(addresses.map((step) => `${step.interface} ${step.address}`));
  return {
    addresses: addresses.filter(
      (step) => !there.has(step.interface) || !found.has(`${step.interface} ${step.address}`),
    ),
    extraAddresses: seen.addresses.flatMap((one) => {
      const on = names.get(one.index);
      const text = `${on ?? ''} ${one.address}/${one.length}`;
      return on === undefined || !one.isGlobal || wanted.has(text) ? [] : [{ ...one, on }];
    }),
  };
}

/** As the kernel's own are written. */
const target = ({ to, family }: RouteStep): string => {
  if (to === 'default') return family === 4 ? '0.0.0.0/0' : '::/0';
  const known = targets.get(to) ?? formatPrefix(cidr(to).prefix);
  targets.set(to, known);
  return known;
};
/** The machines of a lab have routes to few prefixes. */
const targets = new Map<string, string>();

function routesOf(
  { routes }: NetworkPlan,
  seen: Observed,
  there: There,
  names: Names,
): Pick<Difference, 'routes' | 'extraRoutes'> {
  const written = seen.routes.filter(({ protocol }) => WRITTEN.includes(protocol));
  const text = ({ via, index }: RouteInfo): string =>
    `${via === undefined ? '' : `via ${via} `}on ${names.get(index) ?? 'another interface'}`;
  const byTarget = groupBy(written, ({ to }) => to);
  const wanted = new Map(routes.map((step) => [target(step), `via ${step.via} on ${step.interface}`]));
  return {
    routes: routes.flatMap((step) => {
      const found = byTarget.get(target(step)) ?? [];
      if (there.has(step.interface) && found.some((one) => text(one) === wanted.get(target(step)))) return [];
      return [{ step, was: found[0] ? text(found[0]) : 'missing' }];
    }),
    extraRoutes: written.flatMap((one) => {
      const on = names.get(one.index);
      // A route in place of a wanted one is replaced, not removed, so that there always is one.
      const isReplaced = wanted.has(one.to) && one.metric === usualMetric(one);
      return on === undefined || isReplaced ? [] : [{ ...one, on }];
    }),
  };
}

/** What the kernel gives a route that is written without (ip-route(8)). */
const usualMetric = ({ family }: RouteInfo): number => (family === 4 ? 0 : 1024);

function missingNeighbours(
  { neighbours }: NetworkPlan,
  seen: Observed,
  there: There,
  names: Names,
): NeighbourStep[] {
  const found = new Map(
    seen.neighbours.map(({ index, address, mac }) => [`${names.get(index) ?? ''} ${address}`, mac]),
  );
  return neighbourSteps(neighbours).filter(
    (step) => !there.has(step.interface) || found.get(`${step.interface} ${step.address}`) !== step.mac,
  );
}

/** Whether anything is to be done. */
export const isSame = (found: Difference): boolean =>
  Object.values(found).every((part) => typeof part === 'string' || part.length === 0);
