/** Causes for a packet that was delivered but not answered. */
import type { Draft, Stop } from './drafts.js';
import { execFix, mendFix, routeFix } from './drafts.js';
import type { MachineState } from './look.js';
import type { Story } from './story.js';
import { endText, machineOf, packetAfter } from './story.js';

/** @param state the way back from the destination */
export function noAnswerCause(story: Story, { visit }: Stop, state: MachineState): Draft {
  const { machine } = visit;
  const last = story.there.at(-1);
  const packet = last && packetAfter(last);
  const sender = packet?.source ?? '';
  const evidence = [
    ...(last?.in ? [`${machine}: ${last.in.line}`] : []),
    `${machine}: ip route get ${sender}: ${state.route}`,
  ];
  const base = { machine, evidence };
  return (
    noWayBack(story, machine, sender, state, base) ??
    silence(story, machine, state, base) ?? {
      ...base,
      kind: 'no-answer',
      text: `${machine} is given it, and does not answer`,
    }
  );
}

type Base = Pick<Draft, 'machine' | 'evidence'>;

function noWayBack(
  story: Story,
  machine: string,
  sender: string,
  state: MachineState,
  base: Base,
): Draft | undefined {
  const refusing = /^(blackhole|unreachable|prohibit|throw) /.test(state.matched);
  if (refusing || /Invalid argument|Permission denied/.test(state.route))
    return {
      ...base,
      kind: 'route-refuses',
      text: `${machine} is given it, and its route '${state.matched}' is in the way back`,
      fix: execFix(machine, `ip route del ${state.matched}`),
    };
  if (!/unreachable|No route to host/i.test(state.route)) return undefined;
  return {
    ...base,
    kind: 'no-route',
    text: `${machine} is given it, and has no route back to ${sender}`,
    fix: routeFix(story, machine, sender),
  };
}

function silence(
  { asked, there }: Story,
  machine: string,
  state: MachineState,
  base: Base,
): Draft | undefined {
  const { protocol } = asked;
  const ignoring = ['net.ipv4.icmp_echo_ignore_all', 'net.ipv6.icmp.echo_ignore_all'].find(
    (name) => state.settings.get(name) === '1',
  );
  if (protocol === 'icmp')
    return ignoring === undefined
      ? undefined
      : {
          ...base,
          kind: 'no-answer',
          text: `${machine} is given it, and ignores pings: ${ignoring} is 1`,
          fix: execFix(machine, `sysctl -w ${ignoring}=0`),
        };
  const last = there.at(-1);
  const port = (last && packetAfter(last)?.destinationPort) ?? asked.port ?? 0;
  const isOpen = state.ports.has(`${protocol} ${port}`);
  return {
    ...base,
    kind: 'no-answer',
    text: isOpen
      ? `${machine} is given it, and the program that has ${protocol}/${port} does not answer it`
      : `${machine} is given it, nobody listens at ${protocol}/${port}, and it does not say so`,
    fix: isOpen
      ? `'labnet exec ${machine} -- ss -lnp' shows the program`
      : `start a program that listens at ${protocol}/${port}`,
  };
}

/** Something came back, but not the expected answer. */
export function wrongAnswerCause(story: Story, { visit }: Stop): Draft {
  const { address, port } = story.asked;
  const packet = packetAfter(visit);
  const from = endText(packet?.source ?? '', packet?.sourcePort);
  const isOther = packet?.source !== address;
  const hasNat = story.there.some(({ machine }) => (machineOf(story.view, machine)?.nat.length ?? 0) > 0);
  return {
    kind: isOther ? 'not-translated' : 'no-answer',
    machine: visit.machine,
    text: isOther
      ? `the answer comes from ${from} instead of ${endText(address, port)}: ${hasNat ? 'what was translated on the way there is not translated back' : 'somebody else sent it'}`
      : `the answer comes back to ${visit.machine}, and its program does not take it`,
    evidence: visit.in ? [`${visit.machine}: ${visit.in.line}`] : [],
    fix: mendFix(story.lab),
  };
}
