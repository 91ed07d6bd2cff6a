/** Judges checks in which every probe must be answered. */
import type { Check, CheckProbe, Evidence, Judgement } from '../check.js';
import { countText, indexesWhere, isAnsweredBy, probeText, sourcesText } from './common.js';

export function judgeAnswered(probes: readonly CheckProbe[], { result }: Evidence): Judgement {
  const failed = indexesWhere(probes, (index) => !isAnsweredBy(result(index), probes[index]?.to ?? ''));
  const shown = failed.length > 0 ? failed.slice(0, 5) : probes.length > 0 ? [0] : [];
  const evidence = shown.flatMap((index) => {
    const probe = probes[index];
    return probe ? `${probeText(probe)}: ${countText(result(index), probe.to)}` : [];
  });
  if (failed.length === 0)
    return {
      status: 'pass',
      observed: probes.length === 1 ? countText(result(0)) : `${probes.length} of ${probes.length} answered`,
      evidence,
    };
  const silent = failed.flatMap((index) => probes[index] ?? []);
  return {
    status: 'fail',
    observed: `${probes.length - failed.length} of ${probes.length} answered; not ${sourcesText(silent)}`,
    evidence,
    failed,
  };
}

/** A check that needs no capture and no listener. */
export function pingCheck(
  kind: string,
  id: string,
  expectation: string,
  probes: readonly CheckProbe[],
  line?: number,
): Check {
  return {
    id,
    kind,
    expectation,
    probes,
    listeners: [],
    captures: [],
    judge: (evidence) => judgeAnswered(probes, evidence),
    ...(line !== undefined && { line }),
  };
}
