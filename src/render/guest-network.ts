/**
 * The network configuration of a machine that also has a management interface. The lab's routes are in their own table,
 * which is chosen by where a packet comes from. The management interface's routes, which DHCP may renew, are neither used
 * for the lab's traffic nor changed.
 */
import type { Family, Prefix } from '../core/ip.js';
import { cidr, formatPrefix, prefixOf } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import type { Interface, Machine } from '../model/lab.js';
import type { View } from '../model/view.js';
import { bare, familyOf, ownAddress, publicsOf } from '../model/view.js';
import { conntrackSysctls } from '../nat/conntrack.js';
import type { LinksData } from './guest-links.js';
import { linksData } from './guest-links.js';
import type { Jump } from './iptables.js';
import { jumpsOf } from './iptables.js';

const TABLE = 7110;
/** Preferences of ip-rule(8), one for each kind of rule, before the kernel's own (32766 is the main table). */
const ARRIVED = 7100;
const OWNED = 7102;
const OPEN = 7104;
const LAST = 7107;
const MAIN = 32766;

type Route = { readonly family: Family; readonly text: string };
type Policy = Route & { readonly pref: number };
type Setting = readonly [key: string, value: string];

export type NetworkData = {
  readonly interfaces: readonly {
    readonly segment: string;
    readonly mac: string;
    readonly own: readonly string[];
  }[];
  readonly addresses: readonly {
    readonly segment: string;
    readonly address: string;
    readonly options: string;
  }[];
  readonly routes: readonly Route[];
  readonly policy: readonly Policy[];
  readonly settings: readonly Setting[];
  readonly forwarding: readonly Setting[];
  readonly jumps: readonly (Jump & { readonly tool: string })[];
  readonly links: LinksData;
  readonly table: number;
  readonly prefs: Readonly<Record<'first' | 'arrived' | 'owned' | 'open' | 'last', number>>;
};

export function networkData(view: View, machine: Machine): NetworkData {
  const { interfaces } = machine;
  const families = ([4, 6] as const).filter((family) => hasFamily(machine, family));
  return {
    interfaces: interfaces.map((one) => ({ segment: one.segment, mac: one.mac, own: ownAddresses(one) })),
    addresses: interfaces.flatMap(({ segment, addresses }) =>
      addresses.map((address) => ({ segment, address, options: addressOptions(address) })),
    ),
    routes: families.flatMap((family) => routesOf(view, machine, family)),
    policy: families.flatMap((family) => policyOf(machine, family)),
    settings: settingsOf(machine),
    forwarding: forwardingOf(machine),
    jumps: ([4, 6] as const).flatMap((family) =>
      jumpsOf(machine, family).map((jump) => ({ ...jump, tool: family === 4 ? 'iptables' : 'ip6tables' })),
    ),
    links: linksData(machine),
    table: TABLE,
    prefs: { first: ARRIVED, arrived: ARRIVED, owned: OWNED, open: OPEN, last: LAST },
  };
}

const hasFamily = ({ interfaces }: Machine, family: Family): boolean =>
  interfaces.some((one) => ownAddress(one, family) !== undefined);

const ownAddresses = (one: Interface): string[] =>
  ([4, 6] as const).flatMap((family) => ownAddress(one, family) ?? []);

/** Without the kernel's route to the subnet, which would be in the main table. */
function addressOptions(address: string): string {
  const { prefix } = cidr(address);
  if (prefix.family === 6) return 'nodad noprefixroute';
  return prefix.length < 31 ? 'broadcast + noprefixroute' : 'noprefixroute';
}

function routesOf(view: View, machine: Machine, family: Family): Route[] {
  const on = new Map(machine.interfaces.map(({ name, segment }) => [name, `@${segment}@`]));
  const written = machine.routes.filter((route) => route.family === family);
  const connected = machine.interfaces.flatMap((one) => {
    const own = one.addresses.find((address) => familyOf(address) === family);
    return own === undefined ? [] : [{ own, prefix: cidr(own).prefix, dev: `@${one.segment}@` }];
  });
  const texts = [
    ...connected.map(
      ({ own, prefix, dev }) =>
        `${formatPrefix(prefix)} dev ${dev} proto static${family === 4 ? ' scope link' : ''} src ${bare(own)}`,
    ),
    ...written.map(
      ({ to, via, interface: name }) => `${to} via ${via} dev ${on.get(name) ?? ''} proto static`,
    ),
    ...(written.some(({ to }) => to === 'default')
      ? []
      : unreached(view, [
          ...connected.map(({ prefix }) => prefix),
          ...written.map(({ to }) => cidr(to).prefix),
        ]).map((prefix) => `unreachable ${prefix} proto kernel`)),
  ];
  return texts.map((text) => ({ family, text }));
}

/** Prefixes of the lab without a route: packets to them must not leave by the management interface. 'proto kernel': see set_policy. */
function unreached(view: View, known: readonly Prefix[]): string[] {
  const family = known[0]?.family;
  const lengths = new Map<number, Set<bigint>>();
  for (const { length, value } of known) lengths.set(length, (lengths.get(length) ?? new Set()).add(value));
  // Asked of every prefix by every router of a large lab.
  const byLength = [...lengths];
  const isKnown = (prefix: Prefix): boolean =>
    byLength.some(
      ([length, values]) => length <= prefix.length && values.has(prefixOf(prefix, length).value),
    );
  return prefixesOf(view)
    .filter((prefix) => prefix.family === family && !isKnown(prefix))
    .map(formatPrefix);
}

/** All prefixes of the lab, each once: subnets and published addresses. */
export const prefixesOf = memoizedFor(({ lab, routers }: View): readonly Prefix[] => {
  const subnets = lab.segments.flatMap(({ subnet, subnet6 }) => [subnet ?? [], subnet6 ?? []].flat());
  const published = routers.flatMap(({ nat }) => nat.flatMap(publicsOf));
  return [...new Set([...subnets, ...published])].map((text) => cidr(text).prefix);
});

function policyOf({ interfaces }: Machine, family: Family): Policy[] {
  const lookUp = `lookup ${TABLE}`;
  const arrived = interfaces.flatMap(({ segment }): Policy[] => [
    { family, pref: ARRIVED, text: `iif @${segment}@ ${lookUp}` },
    { family, pref: ARRIVED + 1, text: `iif @${segment}@ unreachable` },
  ]);
  const owned = interfaces
    .flatMap(({ addresses }) => addresses.filter((address) => familyOf(address) === family).map(bare))
    .flatMap((address): Policy[] => [
      { family, pref: OWNED, text: `from ${address} iif lo ${lookUp}` },
      { family, pref: OWNED + 1, text: `from ${address} iif lo unreachable` },
    ]);
  return [...arrived, ...owned, ...openPolicy(family)].sort((a, b) => a.pref - b.pref);
}

/** For packets of the machine itself without a source address yet: the lab's routes come before the others. */
function openPolicy(family: Family): Policy[] {
  const past = ['::/1', '8000::/1'].map((from) => ({
    family,
    pref: OPEN,
    text: `from ${from} iif lo goto ${MAIN}`,
  }));
  const from = family === 4 ? 'from 0.0.0.0 iif lo' : 'iif lo';
  const first = family === 4 ? OPEN : OPEN + 1;
  return [
    ...(family === 6 ? past : []),
    { family, pref: first, text: `${from} lookup ${TABLE} suppress_prefixlength 0` },
    { family, pref: first + 1, text: `${from} lookup main suppress_prefixlength 0` },
    { family, pref: first + 2, text: `${from} lookup ${TABLE}` },
  ];
}

/** Of the lab's interfaces alone, but where the kernel takes the stricter of 'all' and one's own. */
function settingsOf(machine: Machine): Setting[] {
  const isRouter = machine.kind === 'router';
  const ipv6 = hasFamily(machine, 6);
  return [
    ['ipv4/conf/all/rp_filter', '0'],
    // After a redirect a host would bypass the router and its NAT.
    ...(isRouter ? routerSettings(ipv6) : []),
    ...machine.interfaces.flatMap(({ segment }): Setting[] => [
      [`ipv4/conf/@${segment}@/rp_filter`, '0'],
      // Otherwise removing an address would also remove the other addresses of its subnet.
      [`ipv4/conf/@${segment}@/promote_secondaries`, '1'],
      ...(isRouter ? [[`ipv4/conf/@${segment}@/send_redirects`, '0'] as const] : []),
      ...(ipv6 ? ipv6Settings(segment) : [[`ipv6/conf/@${segment}@/addr_gen_mode`, '1'] as const]),
    ]),
  ];
}

const routerSettings = (ipv6: boolean): Setting[] => [
  ['ipv4/conf/all/send_redirects', '0'],
  // The kernel's rate limit of ICMP errors would make traceroute and path checks unreliable.
  ['ipv4/icmp_ratelimit', '0'],
  ...(ipv6 ? ([['ipv6/icmp/ratelimit', '0']] as const) : []),
];

const ipv6Settings = (segment: string): Setting[] => [
  [`ipv6/conf/@${segment}@/disable_ipv6`, '0'],
  [`ipv6/conf/@${segment}@/accept_ra`, '0'],
  [`ipv6/conf/@${segment}@/accept_dad`, '0'],
];

function forwardingOf(machine: Machine): Setting[] {
  const isRouter = machine.kind === 'router';
  const each = (family: string): Setting[] =>
    machine.interfaces.map(({ segment }) => [`${family}/conf/@${segment}@/forwarding`, '1']);
  const timeouts = Object.entries(conntrackSysctls(machine)).map(([key, value]): Setting => [
    key.replace(/^net\./, '').replaceAll('.', '/'),
    value,
  ]);
  return [
    ...timeouts,
    ['ipv4/ip_forward', isRouter ? '1' : '0'],
    ...(isRouter ? each('ipv4') : []),
    ...(isRouter && hasFamily(machine, 6)
      ? [['ipv6/conf/all/forwarding', '1'] as const, ...each('ipv6')]
      : []),
  ];
}
