/** Causes for a packet that entered a machine and was neither delivered nor forwarded: there was no route, or the kernel refused. */
import type { Draft, Stop } from './drafts.js';
import { errorsSent, errorText, execFix, mendFix, packetWord, routeFix, wordBehind } from './drafts.js';
import type { MachineState } from './look.js';
import { grown } from './look.js';
import type { Story } from './story.js';
import { machineOf, packetAfter } from './story.js';
import type { Visit } from './visits.js';

type Facts = {
  readonly story: Story;
  readonly stop: Stop;
  readonly state: MachineState;
  readonly destination: string;
  readonly source: string;
  readonly base: Pick<Draft, 'machine' | 'evidence'>;
};

export function unroutedCause(story: Story, stop: Stop, state: MachineState): Draft {
  const { machine } = stop.visit;
  const packet = packetAfter(stop.visit);
  const errors = errorsSent(story.errors).filter((one) => one.machine === machine);
  const evidence = [
    ...(stop.visit.in ? [`${machine}: ${stop.visit.in.line}`] : []),
    `${machine}: ip route get: ${state.route}`,
    ...errors.map(errorText),
  ];
  const facts: Facts = {
    ...{ story, stop, state, base: { machine, evidence } },
    destination: packet?.destination ?? story.asked.address,
    source: packet?.source ?? '',
  };
  return (
    hopLimit(facts) ??
    tooLarge(facts) ??
    refusedByName(facts) ??
    reversePath(facts) ??
    notForwarding(facts) ??
    refusedByError(facts) ??
    noRoute(facts) ?? {
      ...facts.base,
      kind: errors.length > 0 ? 'icmp-error' : 'unknown',
      text: `${machine} neither keeps ${packetWord(stop.leg)} nor sends it on${errors[0] ? `: ${errorText(errors[0])}` : ''}`,
    }
  );
}

function hopLimit({ story, stop, base }: Facts): Draft | undefined {
  const { visit, leg } = stop;
  if (!visit.in || visit.in.packet.ttl > 1) return undefined;
  const round = roundOf(leg === 'there' ? story.there : story.back);
  return {
    ...base,
    kind: 'ttl',
    text:
      round.length > 0
        ? `${packetWord(leg)} goes in circles between ${round.join(' and ')} until its hop limit is used up`
        : `the hop limit of ${packetWord(leg)} is used up at ${visit.machine}`,
    fix:
      round[0] === undefined
        ? mendFix(story.lab)
        : `mend the routes of ${round.join(' or ')}; ${mendFix(story.lab)}`,
  };
}

/** The machines that were visited repeatedly. */
function roundOf(visits: readonly Visit[]): string[] {
  const counts = new Map<string, number>();
  for (const { machine } of visits) counts.set(machine, (counts.get(machine) ?? 0) + 1);
  return [...counts].filter(([, times]) => times > 2).map(([machine]) => machine);
}

function tooLarge({ story, stop, state, base }: Facts): Draft | undefined {
  const { machine, in: came } = stop.visit;
  const said = errorsSent(story.errors).find(
    (one) => one.machine === machine && one.error?.mtu !== undefined,
  );
  const out = wordBehind(state.route, 'dev') ?? '';
  const mtu = said?.error?.mtu ?? state.mtus.get(out);
  const length = came?.packet.length ?? 0;
  const hasFailed = grown(story.surveys.get(machine)?.counters, state.counters, 'Ip.FragFails') > 0;
  if (mtu === undefined || length <= mtu || !(said || hasFailed)) return undefined;
  return {
    ...base,
    kind: 'mtu',
    text: `${machine} cannot send ${length} bytes on: ${out === '' ? 'the next link' : out} takes ${mtu} (fragmentation needed)`,
    fix: `send no more than ${mtu} bytes, or set the MTU of ${machine}'s ${out} right: ${execFix(machine, `ip link set ${out} mtu 1500`)}`,
  };
}

/** Routes that refuse packets, and the names of their errno (ip-route(8)). */
const REFUSING = /^(blackhole|unreachable|prohibit|throw) /;
const BY_ERROR = [
  [/Invalid argument/, 'blackhole'],
  [/Permission denied/, 'prohibit'],
] as const;

function refusedByName({ stop, state, base, destination }: Facts): Draft | undefined {
  if (!REFUSING.test(state.matched)) return undefined;
  const { machine } = stop.visit;
  return {
    ...base,
    kind: 'route-refuses',
    text: `${machine} drops ${packetWord(stop.leg)} by the route '${state.matched}', which is in the way to ${destination}`,
    fix: execFix(machine, `ip route del ${state.matched}`),
  };
}

/** One that is not in the main table. */
function refusedByError({ stop, state, base, destination }: Facts): Draft | undefined {
  const kind = BY_ERROR.find(([pattern]) => pattern.test(state.route))?.[1];
  if (kind === undefined) return undefined;
  const { machine } = stop.visit;
  return {
    ...base,
    kind: 'route-refuses',
    text: `${machine} drops ${packetWord(stop.leg)} by a ${kind} route, which is in the way to ${destination}`,
    fix: `find it: '${execFix(machine, 'ip route show table all')}'`,
  };
}

function reversePath({ story, stop, state, base, source }: Facts): Draft | undefined {
  const { machine, in: came } = stop.visit;
  const counted = grown(story.surveys.get(machine)?.counters, state.counters, 'TcpExt.IPReversePathFilter');
  if (!came || !(counted > 0 || state.route.includes('Invalid cross-device link'))) return undefined;
  const on = came.interface;
  const values = ['all', on].map((name) => state.settings.get(`net.ipv4.conf.${name}.rp_filter`) ?? '0');
  const strictest = Math.max(...values.map(Number));
  const mode = strictest === 1 ? 'strict: 1' : `${strictest}`;
  const settings = values.flatMap((value, index) =>
    value === '0' ? [] : [`net.ipv4.conf.${['all', on][index] ?? on}.rp_filter=0`],
  );
  return {
    ...base,
    kind: 'rp-filter',
    text: `${machine} drops ${packetWord(stop.leg)} by its reverse path filter (rp_filter ${mode}): it came in by ${on}, and ${machine}'s route to ${source} does not go that way`,
    evidence: [...base.evidence, `${machine}: TcpExt IPReversePathFilter +${counted}`],
    fix: `give ${machine} a route to ${source} by ${on}, or ${execFix(machine, `sysctl -w ${settings.length > 0 ? settings.join(' ') : `net.ipv4.conf.${on}.rp_filter=0`}`)}`,
  };
}

function notForwarding({ story, stop, state, base, destination }: Facts): Draft | undefined {
  const { machine, in: came } = stop.visit;
  const name = destination.includes(':') ? 'net.ipv6.conf.all.forwarding' : 'net.ipv4.ip_forward';
  if (!came || state.settings.get(name) !== '0' || state.route.startsWith('local ')) return undefined;
  const visits = stop.leg === 'there' ? story.there : story.back;
  const sender = visits.at(-2)?.machine;
  const isHost = machineOf(story.view, machine)?.kind === 'host';
  const text = isHost
    ? `${machine} is a host, does not have ${destination}, and forwards nothing; ${sender ?? 'somebody'} sends it there`
    : `${machine} does not forward: ${name} is 0`;
  const fix =
    isHost && sender !== undefined
      ? routeFix(story, sender, destination)
      : `${execFix(machine, `sysctl -w ${name}=1`)}; ${mendFix(story.lab)}`;
  return { ...base, kind: isHost ? 'wrong-way' : 'not-forwarding', text, fix };
}

function noRoute({ story, stop, state, base, destination }: Facts): Draft | undefined {
  if (!/unreachable|No route to host/i.test(state.route)) return undefined;
  const { machine } = stop.visit;
  const back = stop.leg === 'back' ? ' back' : '';
  return {
    ...base,
    kind: 'no-route',
    text: `${machine} has no route${back} to ${destination}`,
    fix: routeFix(story, machine, destination),
  };
}

const ERRNOS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'no route',
  EHOSTUNREACH: 'nobody answers there, or a route says unreachable',
  EACCES: 'a prohibit route',
  EINVAL: 'a blackhole route',
  EPERM: 'a rule forbids it',
  EMSGSIZE: 'larger than the link takes',
};

/** The sender itself could not send it. */
export function notMadeCause(story: Story, stop: Stop, state: MachineState): Draft {
  const { address, size } = story.asked;
  const { machine } = stop.visit;
  const [reply] = story.result.replies;
  const errno = reply?.detail ?? '';
  if (errno === 'EMSGSIZE') {
    const out = wordBehind(state.route, 'dev') ?? '';
    const mtu = state.mtus.get(out);
    return {
      ...{ kind: 'mtu', machine, evidence: [`${machine}: ${errno}`] },
      text: `${machine} cannot send ${size ?? 'so many'} bytes: its ${out} takes ${mtu ?? 'less'}`,
      fix: `send no more than ${mtu ?? 'it takes'}`,
    };
  }
  const found = unroutedCause(story, stop, state);
  if (found.kind !== 'unknown') return found;
  const why = ERRNOS[errno] ?? errno;
  return {
    ...found,
    kind: 'not-sent',
    text: `${machine} sends nothing to ${address}${why === '' ? '' : `: ${why}`}`,
    evidence: [...found.evidence, ...(errno === '' ? [] : [`${machine}: ${errno}`])],
    fix: routeFix(story, machine, address),
  };
}
