import type { Check, CheckKind, CheckProbe, Evidence, Judgement } from '../check.js';
import { judgeAnswered } from './answered.js';
import { expectPing, expectPort, linesOf } from './common.js';
import { judgeSeenAs } from './seen-as.js';
import type { Resolved } from './written.js';
import { checksOf } from './written.js';

export const connect: CheckKind = {
  kind: 'connect',
  about: "the file's own ping, tcp and udp checks, with the source the destination has to see",
  derive: (view) => checksOf(view, ['ping', 'tcp', 'udp'], checkOf),
};

function checkOf({ check, id, from, to, way, target }: Resolved): Check {
  const { kind, seenAs, line, text } = check;
  const isPing = kind === 'ping';
  const protocol = kind === 'udp' ? 'udp' : 'tcp';
  const probe = isPing
    ? expectPing(from.name, to)
    : expectPort(from.name, protocol, to, check.to.port ?? 0, true);
  const listeners = isPing
    ? []
    : [{ machine: target, protocol, port: way.port ?? check.to.port ?? 0 } as const];
  return {
    id,
    kind: 'connect',
    line,
    expectation: `${kind} ${text}${seenAs === undefined ? '' : `, seen as ${seenAs}`}`,
    probes: [probe],
    listeners,
    captures: seenAs !== undefined || kind === 'udp' ? [target] : [],
    judge: (evidence) => judgeConnect(probe, target, listeners[0]?.port, seenAs, evidence),
  };
}

function judgeConnect(
  probe: CheckProbe,
  target: string,
  port: number | undefined,
  seenAs: string | undefined,
  evidence: Evidence,
): Judgement {
  const arrivals = port === undefined ? evidence.arrived(target, 0) : byPort(probe, target, port, evidence);
  const isTaken =
    port !== undefined &&
    probe.protocol === 'udp' &&
    evidence.listener(0) === 'in-use' &&
    arrivals.length > 0;
  const answered = isTaken
    ? { status: 'pass' as const, observed: `arrives at ${target}`, evidence: linesOf(target, arrivals) }
    : judgeAnswered([probe], evidence);
  if (answered.status !== 'pass' || seenAs === undefined) return answered;
  const seen = judgeSeenAs(probe, target, [seenAs], { ...evidence, arrived: () => arrivals });
  return seen.status === 'pass'
    ? {
        ...answered,
        observed: `${answered.observed}, seen as ${seenAs}`,
        evidence: [...answered.evidence, ...seen.evidence],
      }
    : seen;
}

/** The first packet of a connection has no mark. */
function byPort(
  { protocol }: CheckProbe,
  target: string,
  port: number,
  { arrived, capture }: Evidence,
): ReturnType<Evidence['arrived']> {
  const marked = arrived(target, 0);
  if (marked.length > 0) return marked;
  return capture(target).filter(
    (packet) => packet.direction === 'in' && packet.protocol === protocol && packet.destinationPort === port,
  );
}
