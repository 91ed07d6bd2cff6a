import { count } from '../../core/text.js';
import type { ForwardMapping, Inside, Machine, NptMapping, StaticMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { familyOf, insideSegments, isHairpin, ownAddress, translatedOut } from '../../model/view.js';
import type { Check, CheckKind, CheckProbe, Evidence, Judgement } from '../check.js';
import { judgeAnswered } from './answered.js';
import { expectPing, indexesWhere, leavesHome, linesOf, probeText, reachOf, speakerOf } from './common.js';

/** More published hosts than this, and answers have to do as proof: a capture each would be a process each. */
const CAPTURED_AT_MOST = 32;

export const published: CheckKind = {
  kind: 'published',
  about: 'every published address is reached from every segment that leads to it, and arrives at its host',
  derive: (view) => {
    const all = view.routers.flatMap((router) => shownBy(view, router));
    const isCaptured = all.length <= CAPTURED_AT_MOST;
    return all.flatMap((one) => checkOf(view, one, isCaptured));
  },
};

/** A host with an address that leads to it from elsewhere. */
type Shown = Pick<StaticMapping, 'public' | 'line'> & {
  readonly inside: Pick<Inside, 'machine' | 'address'>;
};

/** Of each segment of a translated prefix one host. */
const renumbered = (view: View, router: Machine, mapping: NptMapping): Shown[] =>
  mapping.inside.flatMap(({ segment }): Shown[] => {
    const found = view
      .on(segment)
      .filter(({ machine }) => machine !== router)
      .flatMap(({ machine: { name, kind }, interface: one }) => {
        const address = ownAddress(one, 6);
        return address === undefined ? [] : [{ machine: name, address, kind }];
      });
    const inside = found.find(({ kind }) => kind === 'host') ?? found[0];
    const shown = inside && translatedOut(mapping, inside.address);
    return inside && shown !== undefined ? [{ public: shown, line: mapping.line, inside }] : [];
  });

type ShownBy = {
  readonly router: Machine;
  readonly shown: Shown;
  /** The segments from which it is not to be reached. */
  readonly shut: ReadonlySet<string>;
};

const shownBy = (view: View, router: Machine): ShownBy[] =>
  router.nat.flatMap((one): ShownBy[] => {
    if (one.kind === 'static') return [{ router, shown: one, shut: shutBy(router, one) }];
    if (one.kind !== 'nptv6') return [];
    return renumbered(view, router, one).map((shown) => ({ router, shown, shut: new Set<string>() }));
  });

function checkOf(view: View, { router, shown, shut }: ShownBy, isCaptured: boolean): Check[] {
  const { inside, public: address, line } = shown;
  const probes = sourcesFor(view, router, shown, shut).map(({ name }) => expectPing(name, address));
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
export function sourcesFor(
  view: View,
  router: Machine,
  { public: address, inside: target }: Omit<Shown, 'line'>,
  shut: ReadonlySet<string>,
): Machine[] {
  const speakers = view.lab.segments
    .filter(({ name }) => !shut.has(name))
    .flatMap(({ name }) => speakerOf(view, name, target.machine) ?? []);
  return [...new Set(speakers)].filter(
    (speaker) =>
      reachOf(view, speaker, familyOf(address)).routers.has(router.name) && leavesHome(speaker, address),
  );
}

/** The segments from which it is not to be reached. */
export const shutBy = (router: Machine, mapping: StaticMapping | ForwardMapping): ReadonlySet<string> =>
  isHairpin(router, mapping) ? new Set<string>() : insideSegments(router, 4);

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
