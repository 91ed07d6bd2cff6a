import { count } from '../../core/text.js';
import type { ForwardMapping, Machine, StaticMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { insideSegments, isHairpin } from '../../model/view.js';
import type { Check, CheckKind, CheckProbe, Evidence, Judgement } from '../check.js';
import { judgeAnswered } from './answered.js';
import { expectPing, indexesWhere, leavesHome, linesOf, probeText, reachOf, speakerOf } from './common.js';

/** More published hosts than this, and answers have to do as proof: a capture each would be a process each. */
const CAPTURED_AT_MOST = 32;

export const published: CheckKind = {
  kind: 'published',
  about: 'every published address is reached from every segment that leads to it, and arrives at its host',
  derive: (view) => {
    const mappings = view.routers.flatMap((router) =>
      router.nat.flatMap((one) => (one.kind === 'static' ? [{ router, mapping: one }] : [])),
    );
    const isCaptured = mappings.length <= CAPTURED_AT_MOST;
    return mappings.flatMap(({ router, mapping }) => checkOf(view, router, mapping, isCaptured));
  },
};

function checkOf(view: View, router: Machine, mapping: StaticMapping, isCaptured: boolean): Check[] {
  const { inside, public: address, line } = mapping;
  const probes = sourcesFor(view, router, mapping).map(({ name }) => expectPing(name, address));
  if (probes.length === 0) return [];
  const captures = isCaptured ? [inside.machine] : [];
  return [
    {
      id: `published/${inside.machine}`,
      kind: 'published',
      expectation: `${address} leads to ${inside.machine} (${inside.address}) from ${count(probes.length, 'segment')}`,
      line,
      probes,
      listeners: [],
      captures,
      judge: (evidence) => judgePublished(probes, inside, isCaptured, evidence),
    },
  ];
}

/** One host of each segment from which the router is reached: inside it by hairpin, outside it by routes. */
export function sourcesFor(view: View, router: Machine, mapping: StaticMapping | ForwardMapping): Machine[] {
  const { public: address, inside: target } = mapping;
  const shut = isHairpin(router, mapping) ? new Set<string>() : insideSegments(router);
  const speakers = view.lab.segments
    .filter(({ name }) => !shut.has(name))
    .flatMap(({ name }) => speakerOf(view, name, target.machine) ?? []);
  return [...new Set(speakers)].filter(
    (speaker) => reachOf(view, speaker, 4).routers.has(router.name) && leavesHome(speaker, address),
  );
}

export function judgePublished(
  probes: readonly CheckProbe[],
  inside: { machine: string; address: string },
  isCaptured: boolean,
  evidence: Evidence,
): Judgement {
  const answered = judgeAnswered(probes, evidence);
  if (answered.status !== 'pass' || !isCaptured) return answered;
  const arrived = probes.map((_, index) =>
    evidence.arrived(inside.machine, index).filter(({ destination }) => destination === inside.address),
  );
  const elsewhere = indexesWhere(probes, (index) => arrived[index]?.length === 0);
  const lines = arrived.flatMap((packets) => linesOf(inside.machine, packets, 1)).slice(0, 3);
  if (elsewhere.length === 0)
    return {
      ...answered,
      observed: `${answered.observed}, seen at ${inside.machine}`,
      evidence: [...answered.evidence, ...lines],
    };
  if (!evidence.capture(inside.machine))
    return {
      status: 'error',
      observed: `the capture at ${inside.machine} failed`,
      evidence: answered.evidence,
    };
  const others = elsewhere.flatMap((index) => (probes[index] ? probeText(probes[index]) : []));
  return {
    status: 'fail',
    observed: `answered, but not by ${inside.machine}`,
    evidence: [...others, ...lines],
    failed: elsewhere,
    cause: `somebody else answers for ${probes[0]?.to ?? 'it'}`,
  };
}
