/** Shared by the kinds of check: choosing hosts, waiting times, and text for answers. */
import type { Family } from '../../core/ip.js';
import { cidr, contains, address as read } from '../../core/ip.js';
import { memoizedFor } from '../../core/memo.js';
import type { ProbeResult, Reply } from '../../core/probe.js';
import type { Machine } from '../../model/lab.js';
import type { Reach } from '../../model/reach.js';
import { reachFrom } from '../../model/reach.js';
import type { View } from '../../model/view.js';
import { ownAddress } from '../../model/view.js';
import type { SeenPacket } from '../tcpdump.js';
import type { CheckProbe, Evidence } from '../check.js';

/** For probes that must be answered. The first packet may wait for ARP; an answer ends the wait. */
const EXPECTED = { count: 4, interval: 250, wait: 750 } as const;
/** For probes that must not be answered: more than one packet, as one may be lost by chance. */
const UNEXPECTED = { count: 2, interval: 100, wait: 300 } as const;
const TCP_WAIT = 3000;

/** Whether a probe must be answered. */
export const isExpected = ({ wait }: CheckProbe): boolean => wait >= EXPECTED.wait;

export const expectPing = (machine: string, to: string): CheckProbe => ({
  machine,
  protocol: 'icmp',
  to,
  ...EXPECTED,
});

export function expectPort(
  machine: string,
  protocol: 'tcp' | 'udp',
  to: string,
  port: number,
  talk: boolean,
): CheckProbe {
  return protocol === 'tcp'
    ? { machine, protocol, to, port, count: 1, interval: 0, wait: TCP_WAIT, talk }
    : { machine, protocol, to, port, ...EXPECTED };
}

export function expectNothing(
  machine: string,
  protocol: 'icmp' | 'tcp' | 'udp',
  to: string,
  port?: number,
): CheckProbe {
  const timing =
    protocol === 'tcp' ? { count: 1, interval: 0, wait: UNEXPECTED.wait + UNEXPECTED.interval } : UNEXPECTED;
  return { machine, protocol, to, ...(port !== undefined && { port }), ...timing };
}

/** The host that represents a segment: the first one, without the host to leave out. */
export function speakerOf(view: View, segment: string, except?: string): Machine | undefined {
  const hosts = view.on(segment).filter(({ machine }) => machine.kind === 'host');
  return (hosts.find(({ machine }) => machine.name !== except) ?? hosts[0])?.machine;
}

const reachesOf = memoizedFor<Machine, Map<Family, Reach>>(() => new Map());

/** The segments that a machine reaches untranslated, computed once. */
export function reachOf(view: View, machine: Machine, family: Family): Reach {
  const known = reachesOf(machine);
  const reach = known.get(family) ?? reachFrom(view, machine, family);
  known.set(family, reach);
  return reach;
}

/** Whether the machine has a route to other segments; with `gateway: none` it has none. */
export function leavesHome(machine: Machine, to: string): boolean {
  const address = read(to);
  // True for nearly all machines; the search below takes ten times as long.
  if (machine.routes.some((route) => route.family === address.family && route.to === 'default')) return true;
  const isNear = machine.interfaces.some(({ addresses }) =>
    addresses.some((own) => contains(cidr(own).prefix, address)),
  );
  return (
    isNear ||
    machine.routes.some(
      (route) =>
        route.family === address.family && route.to !== 'default' && contains(cidr(route.to).prefix, address),
    )
  );
}

export const isAnswered = ({ replies }: ProbeResult): boolean =>
  replies.some(({ kind }) => kind === 'answer');

/** Whether the answer came from the address that was asked, as a program's socket would require. */
export const isAnsweredBy = ({ replies }: ProbeResult, to: string): boolean =>
  replies.some(({ kind, from }) => kind === 'answer' && (from === '' || isSame(from, to)));
const isSame = (one: string, other: string): boolean =>
  one === other || read(one).value === read(other).value;

/** `4 sent, 0 answered, net unreachable from 10.0.0.1` */
export function countText({ sent, replies }: ProbeResult, to?: string): string {
  const answers = replies.filter(({ kind }) => kind === 'answer');
  const stray = answers.find(({ from }) => to !== undefined && from !== '' && !isSame(from, to));
  if (stray) return `${sent} sent, ${answers.length} answered, but by ${stray.from}`;
  if (answers.length > 0) return `${sent} sent, ${answers.length} answered`;
  const other = replies.find(({ kind }) => kind !== 'answer');
  return `${sent} sent, 0 answered${other ? `, ${replyText(other)}` : ''}`;
}

function replyText({ kind, from, detail }: Reply): string {
  const what =
    kind === 'refused'
      ? 'port closed'
      : kind === 'expired'
        ? 'hop limit exceeded'
        : (detail ?? 'unreachable');
  return from === '' ? what : `${what} (${from})`;
}

export const probeText = ({ machine, protocol, to, port }: CheckProbe): string =>
  `${machine} -> ${port === undefined ? to : to.includes(':') ? `[${to}]:${port}` : `${to}:${port}`} (${protocol})`;

/** The machines that send the probes: `A, B and 3 more`. */
export function sourcesText(probes: readonly CheckProbe[]): string {
  const names = [...new Set(probes.map(({ machine }) => machine))];
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

/** A few lines as tcpdump printed them. */
export const linesOf = (machine: string, packets: readonly SeenPacket[], most = 3): string[] =>
  packets.slice(0, most).map(({ line }) => `${machine}: ${line}`);

export const indexesWhere = (probes: readonly CheckProbe[], isSo: (index: number) => boolean): number[] =>
  probes.flatMap((_, index) => (isSo(index) ? index : []));

/** The results of all probes, worst first: unanswered before answered. */
export const resultsOf = (probes: readonly CheckProbe[], { result }: Evidence): ProbeResult[] =>
  probes.map((_, index) => result(index));

export const firstAddress = (machine: Machine): string | undefined =>
  machine.interfaces.flatMap((one) => ownAddress(one, 4) ?? ownAddress(one, 6) ?? []).at(0);
