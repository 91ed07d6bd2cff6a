/** Causes for a packet that was sent and did not arrive: the next hop does not exist, or it was lost on the way there. */
import { cidr, contains, address as read } from '../../core/ip.js';
import { count } from '../../core/text.js';
import type { Ask } from './causes.js';
import type { Draft, Stop } from './drafts.js';
import {
  errorsSent,
  errorText,
  execFix,
  mendFix,
  ownName,
  packetWord,
  wayFix,
  routeOf,
  wordBehind,
} from './drafts.js';
import type { MachineState } from './look.js';
import type { Story } from './story.js';
import { machineOf, packetAfter } from './story.js';
import type { Tunnel } from './tunnels.js';
import { tunnelText } from './tunnels.js';

/** The next hop from where it was sent. */
type Onward = {
  readonly destination: string;
  /** The interface's name in the machine. */
  readonly out: string;
  readonly segment: string | undefined;
  readonly nextHop: string;
  /** The machine with the next hop's address, by the topology. */
  readonly owner?: { readonly machine: string; readonly interface: string };
};

function onwardOf({ view, surveys }: Story, { visit }: Stop, state: MachineState): Onward {
  const destination = packetAfter(visit)?.destination ?? '';
  const out = visit.out?.interface ?? wordBehind(state.route, 'dev') ?? '';
  const modelName = surveys.get(visit.machine)?.interfaces.get(out);
  const on = machineOf(view, visit.machine)?.interfaces.find(({ name }) => name === modelName);
  const nextHop = wordBehind(state.route, 'via') ?? destination;
  const owner = on && view.ownerOn(on.segment, nextHop);
  return {
    ...{ destination, out, nextHop, segment: on?.segment },
    ...(owner && { owner: { machine: owner.machine.name, interface: owner.interface.name } }),
  };
}

/** It passed all rules, but was not seen on the wire. */
export async function unsentCause(story: Story, stop: Stop, state: MachineState, ask: Ask): Promise<Draft> {
  const { machine } = stop.visit;
  const onward = onwardOf(story, stop, state);
  const { nextHop, out, segment } = onward;
  const neighbour = state.neighbours.find(
    (line) => line.startsWith(`${nextHop} `) && line.includes(` ${out} `),
  );
  const evidence = [
    `${machine}: ip route get: ${state.route}`,
    ...(neighbour === undefined ? [] : [`${machine}: ip neigh: ${neighbour}`]),
    ...errorsSent(story.errors).map(errorText),
  ];
  const before = story.surveys.get(machine)?.queues ?? '';
  const dropped = droppedBy(state.queues, out) - droppedBy(before, out);
  if (dropped > 0)
    return {
      ...{
        kind: 'queue',
        machine,
        evidence: [...evidence, `${machine}: tc: ${count(dropped, 'packet')} dropped at ${out}`],
      },
      text: `${machine} lost ${packetWord(stop.leg)} in the queue of ${out} (tc)`,
      fix: `${execFix(machine, `tc qdisc del dev ${out} root`)}, or change the link's loss or rate`,
    };
  if (neighbour !== undefined && /FAILED|INCOMPLETE/.test(neighbour))
    return nobodyThere(story, stop, onward, { evidence, ask, matched: state.matched });
  return {
    ...{ kind: 'unknown', machine, evidence },
    text: `${machine} let ${packetWord(stop.leg)} go by ${out}, and it was not seen on ${segment ?? 'the wire'}`,
  };
}

const droppedBy = (queues: string, on: string): number =>
  queues
    .split(/^(?=qdisc )/m)
    .filter((one) => one.includes(` dev ${on} `))
    .reduce((sum, one) => sum + Number(/dropped (\d+)/.exec(one)?.[1] ?? 0), 0);

/** The next hop does not answer ARP or neighbour solicitations. */
async function nobodyThere(
  story: Story,
  { visit, leg }: Stop,
  { nextHop, segment, owner, destination }: Onward,
  {
    evidence,
    ask,
    matched,
  }: { readonly evidence: readonly string[]; readonly ask: Ask; readonly matched: string },
): Promise<Draft> {
  const { machine } = visit;
  const self = machineOf(story.view, machine);
  const route = self && isElsewhere(story, machine, destination) ? routeOf(self, destination) : undefined;
  const where = segment === undefined ? '' : ` on ${segment}`;
  const asked = nextHop === destination ? nextHop : `${nextHop}, its next hop to ${destination}`;
  const base = { machine, evidence, kind: 'no-neighbour' as const };
  if (route && route.via !== nextHop)
    return {
      ...base,
      kind: 'wrong-way',
      text: `${machine} sends ${packetWord(leg)} by ${nextHop}, which nobody${where} has; by the topology it goes by ${route.via}`,
      fix: wayFix(story, machine, destination, matched),
    };
  if (!owner)
    return {
      ...base,
      text: `nobody${where} has ${asked}; ${machine} asked in vain`,
      fix: nextHop === destination ? `send to an address that a machine has` : mendFix(story.lab),
    };
  const its = await ask({ machine: owner.machine, source: '', destination: nextHop });
  const trouble = interfaceTrouble(its, ownName(story, owner.machine, owner.interface), nextHop);
  return {
    ...base,
    text: `${owner.machine} has ${asked}, and does not answer ${machine}${where}${trouble === '' ? '' : `: ${trouble}`}`,
    fix: mendFix(story.lab),
  };
}

/** Whether an address is on no segment of the machine. */
function isElsewhere({ view }: Story, name: string, to: string): boolean {
  const addresses = machineOf(view, name)?.interfaces.flatMap((one) => one.addresses) ?? [];
  return addresses.every((own) => !contains(cidr(own).prefix, read(to)));
}

function interfaceTrouble({ links, addresses }: MachineState, on: string, address: string): string {
  const link = links.find((line) => line.split(/: |@/, 2)[1] === on);
  if (link === undefined) return `it has no interface ${on}`;
  if (!/<[^>]*\bUP\b/.test(link)) return `its ${on} is down`;
  if (link.includes('NO-CARRIER')) return `its ${on} has no carrier`;
  return addresses.some((line) => line.includes(` ${address}/`)) ? '' : `its ${on} has lost the address`;
}

/** It was seen leaving, but not arriving. */
export async function lostCause(story: Story, stop: Stop, state: MachineState, ask: Ask): Promise<Draft> {
  const { visit, leg } = stop;
  const { machine, out } = visit;
  const onward = onwardOf(story, stop, state);
  const { segment, owner, nextHop } = onward;
  const length = out?.packet.length ?? 0;
  const base = { machine, evidence: out ? [`${machine}: ${out.line}`] : [] };
  const where = segment ?? out?.interface ?? 'the wire';
  const tunnel = story.surveys.get(machine)?.tunnels.get(out?.interface ?? '');
  if (tunnel && segment === undefined) return tunnelCause(stop, tunnel, base);
  if (!owner)
    return {
      ...base,
      kind: 'segment',
      text: `${machine} sends ${packetWord(leg)} to ${nextHop} by ${out?.interface ?? ''}, and nobody of the lab sees it come`,
      fix: mendFix(story.lab),
    };
  const its = await ask({ machine: owner.machine, source: '', destination: nextHop });
  const on = ownName(story, owner.machine, owner.interface);
  const mtu = its.mtus.get(on);
  if (mtu !== undefined && length > mtu)
    return {
      ...base,
      kind: 'mtu',
      text: `${owner.machine}'s ${on} takes ${mtu} bytes: the ${length} that ${machine} sends it on ${where} are lost without a word`,
      evidence: [...base.evidence, `${owner.machine}: ${on}: mtu ${mtu}`],
      fix: `${execFix(owner.machine, `ip link set ${on} mtu ${story.surveys.get(machine)?.mtus.get(out?.interface ?? '') ?? 1500}`)}, or the same MTU at everybody on ${where}`,
    };
  const trouble = interfaceTrouble(its, on, nextHop);
  return {
    ...base,
    kind: 'segment',
    text: `${packetWord(leg)} is lost on ${where}, between ${machine} and ${owner.machine}${trouble === '' ? '' : `: of ${owner.machine}, ${trouble}`}`,
    fix:
      trouble === ''
        ? `look at the link of ${where}: 'labnet exec ${owner.machine} -- tc -s qdisc'`
        : mendFix(story.lab),
  };
}

/** It entered a tunnel and did not come out. */
function tunnelCause({ visit, leg }: Stop, tunnel: Tunnel, base: Pick<Draft, 'machine' | 'evidence'>): Draft {
  const { machine, out } = visit;
  const { remote } = tunnel;
  return {
    ...base,
    kind: 'segment',
    text: `${machine} sends ${packetWord(leg)} into ${out?.interface ?? ''} (${tunnelText(tunnel)}), and it comes out at no machine of the lab`,
    fix:
      remote === undefined
        ? `look at the program that holds it: '${execFix(machine, `ip -d link show ${out?.interface ?? ''}`)}'`
        : `look at what carries it: 'labnet trace ${machine} ${remote}', and at the other end whether it has its half`,
  };
}
