import type { ForwardMapping, Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { isOwnPort } from '../../model/view.js';
import type { Check, CheckKind, CheckProbe, Evidence, Judgement } from '../check.js';
import { judgeAnswered } from './answered.js';
import { expectPort, linesOf } from './common.js';
import { shutBy, sourcesFor } from './published.js';
import { fromText } from './spread.js';

export const forward: CheckKind = {
  kind: 'forward',
  about: 'every forwarded port is reached from every segment that leads to it, and arrives at its host',
  derive: (view) =>
    view.routers.flatMap((router) =>
      router.nat.flatMap((one, turn) => (one.kind === 'forward' ? checkOf(view, router, one, turn) : [])),
    ),
};

function checkOf(view: View, router: Machine, mapping: ForwardMapping, turn: number): Check[] {
  const { protocol, ports, inside, toPort, public: address, line } = mapping;
  const { asked, all } = sourcesFor(view, router, mapping, shutBy(router, mapping), turn);
  const sources = asked.filter(({ name }) => name !== inside.machine);
  // The first and the last port of a range.
  const offsets = ports.first === ports.last ? [0] : [0, ports.last - ports.first];
  const probes = offsets.flatMap((offset) =>
    sources.map(({ name }) => expectPort(name, protocol, address, ports.first + offset, true)),
  );
  if (probes.length === 0) return [];
  const range = ports.first === ports.last ? `${ports.first}` : `${ports.first}-${ports.last}`;
  return [
    {
      id: `forward/${router.name}:${protocol}/${range}`,
      kind: 'forward',
      expectation: `${protocol} ${address}:${range} leads to ${inside.machine} (${inside.address}:${toPort}) from ${fromText(sources.length, all - asked.length + sources.length)}`,
      line,
      probes,
      listeners: offsets.map((offset) => ({ machine: inside.machine, protocol, port: toPort + offset })),
      captures: [inside.machine],
      judge: (evidence) =>
        judgeForward(probes, mapping, sources.length, evidence, isOwnPort(router, mapping)),
    },
  ];
}

/** @param many how many probes go to each port */
function judgeForward(
  probes: readonly CheckProbe[],
  { protocol, inside, toPort, ports }: ForwardMapping,
  many: number,
  evidence: Evidence,
  isOwn: boolean,
): Judgement {
  const packets = evidence
    .capture(inside.machine)
    .filter(
      (packet) =>
        packet.direction === 'in' && packet.protocol === protocol && packet.destination === inside.address,
    );
  // A packet for the router itself is captured before it is translated.
  const first = isOwn ? ports.first : toPort;
  const portOf = (index: number): number => first + (index < many ? 0 : ports.last - ports.first);
  const arrivals = probes.map((_, index) =>
    packets.filter(({ destinationPort }) => destinationPort === portOf(index)),
  );
  const lines = arrivals.flatMap((seen) => linesOf(inside.machine, seen, 1)).slice(0, 3);
  const isOthers = evidence.listener(0) === 'in-use' && protocol === 'udp';
  // A user's own server need not answer an unknown datagram, so that its arrival is enough.
  if (isOthers && arrivals.every((seen) => seen.length > 0))
    return { status: 'pass', observed: `arrives at ${inside.machine}`, evidence: lines };
  const answered = judgeAnswered(probes, evidence);
  if (answered.status !== 'pass') return { ...answered, evidence: [...answered.evidence, ...lines] };
  if (arrivals.some((seen) => seen.length === 0)) {
    const isBlind = !evidence.sawAll(inside.machine);
    return {
      status: isBlind ? 'error' : 'fail',
      observed: isBlind
        ? `the capture at ${inside.machine} failed`
        : `answered, but not by ${inside.machine}`,
      evidence: answered.evidence,
    };
  }
  return {
    ...answered,
    observed: `${answered.observed}, seen at ${inside.machine}`,
    evidence: [...answered.evidence, ...lines],
  };
}
