/** Observes a machine by a command, for drivers without netlink access: the script, and its output. */
import type { Connection, InterfaceCount, RuleCount } from '../../core/sample.js';
import type { Machine } from '../../model/lab.js';
import { bare } from '../../model/view.js';
import { OWN_TABLE } from '../../core/rule-place.js';
import { placedListed, placedSaved } from './rules.js';

/** The most connections to list. */
const MOST = 1_000;
const NEXT = '#-- next';

const INTERFACES = ['ip -o link show', 'ip -o addr show', 'cat /proc/net/dev'];
const RULES = [
  'iptables-save -c',
  'ip6tables-save -c',
  `nft -a list table ip ${OWN_TABLE}`,
  `nft -a list table ip6 ${OWN_TABLE}`,
  `{ cat /proc/net/nf_conntrack || conntrack -L; } | head -n ${MOST}`,
  'cat /proc/sys/net/netfilter/nf_conntrack_count',
];

export const readingArgv = (isRouter: boolean): readonly [string, ...string[]] => [
  'sh',
  '-c',
  `exec 2>/dev/null; ${[...INTERFACES, ...(isRouter ? RULES : [])].join(`; echo '${NEXT}'; `)}; true`,
];

export type Reading = {
  /** In the order of the machine's interfaces; `index` is the position among them. */
  readonly interfaces: readonly InterfaceCount[];
  readonly rules: readonly RuleCount[];
  /** A hash of the rules without counters, which changes when rules do. */
  readonly ruleTexts: string;
  readonly connections: readonly Connection[];
  readonly count: number | undefined;
};

export function readingOf(said: string, { interfaces }: Machine): Reading {
  const [links = '', addresses = '', counters = '', v4 = '', v6 = '', nft4 = '', nft6 = '', ...rest] =
    said.split(`${NEXT}\n`);
  const placed = [
    ...placedSaved(v4, 'ip'),
    ...placedSaved(v6, 'ip6'),
    ...placedListed(nft4, 'ip'),
    ...placedListed(nft6, 'ip6'),
  ];
  const count = Number.parseInt(rest[1] ?? '', 10);
  return {
    interfaces: interfaces.map((own, index) => {
      const name = nameOf(addresses, own.addresses.map(bare));
      return { index, ...countersOf(counters, name), isUp: isUp(links, name) };
    }),
    rules: placed.map(([{ packets, bytes }, place]) => ({ place, packets, bytes })),
    ruleTexts: placed.map(([{ rule }, place]) => `${place} ${rule}`).join('\n'),
    connections: (rest[0] ?? '').split('\n').flatMap(connectionIn),
    count: Number.isNaN(count) ? undefined : count,
  };
}

const escapedWord = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Finds the interface by its address in the lab, as machines name interfaces differently. */
const nameOf = (said: string, addresses: readonly string[]): string =>
  addresses
    .map((address) => new RegExp(`^\\d+: (\\S+)\\s+inet6? ${escapedWord(address)}/`, 'm').exec(said)?.[1])
    .find((name) => name !== undefined) ?? '';

const isUp = (said: string, name: string): boolean =>
  name !== '' && new RegExp(`^\\d+: ${escapedWord(name)}(@\\S+)?: <[^>]*\\bLOWER_UP\\b`, 'm').test(said);

/** Of /proc/net/dev (proc_pid_net(5)). */
function countersOf(said: string, name: string): Omit<InterfaceCount, 'index' | 'isUp'> {
  const line = said.split('\n').find((one) => one.trimStart().startsWith(`${name}:`));
  const numbers = (line ?? '')
    .replace(/^[^:]*:/, '')
    .trim()
    .split(/\s+/)
    .map(Number);
  const at = (index: number): number => numbers[index] ?? 0;
  return {
    ...{ receivedBytes: at(0), received: at(1), sentBytes: at(8), sent: at(9) },
    dropped: at(3) + at(11),
  };
}

/** A line of /proc/net/nf_conntrack or `conntrack -L`. */
export function connectionIn(line: string): Connection[] {
  const protocol = /(?:^|\s)([a-z]\w*) +\d+ +\d+ .*?src=/.exec(line)?.[1];
  const ends = [...line.matchAll(/src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?/g)].map(
    ([, source = '', destination = '', from, to]) => [endOf(source, from), endOf(destination, to)] as const,
  );
  const [[source, destination] = [], [answerSource, answerDestination] = []] = ends;
  if (protocol === undefined || source === undefined || destination === undefined) return [];
  const found = {
    ...{ protocol: protocol === 'icmpv6' ? 'icmp6' : protocol, source, destination },
    ...{ answerSource: answerSource ?? '', answerDestination: answerDestination ?? '' },
  };
  // Two pings at the same time differ only by the id.
  const more = /\bid=\d+/.exec(line)?.[0] ?? '';
  return [{ id: hashOf(`${Object.values(found).join(' ')} ${more}`), ...found }];
}

const endOf = (address: string, port: string | undefined): string =>
  port === undefined ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** An id by FNV-1a, as these lines have no connection ids of the kernel. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
