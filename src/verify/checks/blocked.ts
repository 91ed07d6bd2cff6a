/** Judges packets that must not get through: they were sent, not answered, and did not arrive. */
import type { ProbeResult, Reply } from '../../core/probe.js';
import { count } from '../../core/text.js';
import type { CheckProbe, Evidence, Judgement } from '../check.js';
import type { SeenPacket } from '../tcpdump.js';
import { countText, indexesWhere, isAnswered, linesOf, probeText, resultsOf } from './common.js';

export type BlockedTarget = {
  /** The machine that must not see the packet. Its capture must be complete for the absence to count. */
  readonly machine: string;
  /** A router sees packets to itself before it drops them, so that only the missing answer counts there. */
  readonly isFilter: boolean;
};

export function judgeBlocked(
  probes: readonly CheckProbe[],
  target: BlockedTarget,
  evidence: Evidence,
): Judgement {
  const { machine } = target;
  const seen = probes.map((probe, index) => arrivals(probe, index, machine, evidence));
  const isThrough = (index: number): boolean =>
    isReached(evidence.result(index)) || (!target.isFilter && (seen[index]?.length ?? 0) > 0);
  const through = indexesWhere(probes, isThrough);
  const [first] = through;
  if (first !== undefined) return gotThrough(probes, through, machine, seen[first] ?? [], evidence);
  const lines = probes
    .slice(0, 3)
    .map((probe, index) => `${probeText(probe)}: ${countText(evidence.result(index))}`);
  if (!evidence.sawAll(machine)) {
    const observed = `the capture at ${machine} failed: that nothing was seen proves nothing`;
    return { status: 'error', observed, evidence: lines };
  }
  const results = resultsOf(probes, evidence);
  const silent = indexesWhere(probes, (index) => results[index]?.sent === 0);
  if (silent.length > 0) return { status: 'error', ...unsent(probes, silent, evidence) };
  const sent = results.reduce((sum, one) => sum + one.sent, 0);
  const dropped = target.isFilter && seen.some(({ length }) => length > 0);
  const isKept = results.some(({ replies }) => !replies.some(isTelling));
  return {
    status: 'pass',
    ...(isKept && { silence: 'kept' }),
    observed: `${sent} sent, 0 answered, ${dropped ? `dropped by ${machine}` : `0 seen at ${machine}`}`,
    evidence: [
      ...lines,
      `${machine}: capture complete, ${count(evidence.capture(machine).length, 'packet')} in it`,
    ],
  };
}

/** Nothing is proven where the source did not send. */
const unsent = (
  probes: readonly CheckProbe[],
  silent: readonly number[],
  { result }: Evidence,
): Pick<Judgement, 'observed' | 'evidence'> => ({
  observed: silent.length === probes.length ? 'nothing could be sent' : 'not all could be sent',
  evidence: silent.slice(0, 5).flatMap((index) => {
    const probe = probes[index];
    const [reply] = result(index).replies;
    return probe ? [`${probeText(probe)}: ${reply?.detail ?? 'not sent'}`] : [];
  }),
});

/** A router that refuses by a message has seen the packet, and a machine without a route needs no neighbour. */
const isTelling = ({ from, detail }: Reply): boolean => from !== '' || detail === 'ENETUNREACH';

/** An answer or a refusal, both of which come from the destination. */
const isReached = (result: ProbeResult): boolean =>
  isAnswered(result) || result.replies.some(({ kind }) => kind === 'refused');

function gotThrough(
  probes: readonly CheckProbe[],
  through: readonly number[],
  machine: string,
  seen: readonly SeenPacket[],
  { result }: Evidence,
): Judgement {
  const lines = through.slice(0, 5).flatMap((index) => {
    const probe = probes[index];
    return probe ? `${probeText(probe)}: ${countText(result(index))}` : [];
  });
  const isAnswer = through.some((index) => isReached(result(index)));
  return {
    status: 'fail',
    silence: 'broken',
    observed: isAnswer ? 'answered' : `arrived at ${machine}, though no answer came back`,
    evidence: [...lines, ...linesOf(machine, seen)],
    failed: through,
    cause: 'not filtered: it got through',
  };
}

/** A SYN carries no mark and is recognised by its destination. */
function arrivals(
  { protocol, port }: CheckProbe,
  index: number,
  machine: string,
  { arrived, capture }: Evidence,
): readonly SeenPacket[] {
  const marked = arrived(machine, index);
  if (marked.length > 0 || protocol !== 'tcp') return marked;
  const isIt = (packet: SeenPacket): boolean =>
    packet.direction === 'in' && packet.isSyn === true && packet.destinationPort === port;
  return capture(machine).filter(isIt);
}
