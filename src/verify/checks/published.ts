import type { ForwardMapping, Inside, Machine, NptMapping, StaticMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import {
  familyOf,
  insideSegments,
  isHairpin,
  isOwnPort,
  mappingFamily,
  ownAddress,
  translatedOut,
} from '../../model/view.js';
import { walk } from '../../model/walk.js';
import type { Check, CheckKind, CheckProbe, Evidence, Judgement } from '../check.js';
import { judgeAnswered } from './answered.js';
import { expectPing, indexesWhere, leavesHome, linesOf, probeText, reachOf } from './common.js';
import { ASKED_AT_MOST, fromText, speakers, spread } from './spread.js';

/** With more published hosts than this, answers are the only evidence: each capture would be a process. */
const CAPTURED_AT_MOST = 32;

export const published: CheckKind = {
  kind: 'published',
  about: 'every published address is reached from every segment that leads to it, and arrives at its host',
  derive: (view) => {
    const all = view.routers.flatMap((router) => shownBy(view, router));
    const isCaptured = all.length <= CAPTURED_AT_MOST;
    return all.flatMap((one, turn) => checkOf(view, one, isCaptured, turn));
  },
};

/** A host with its public address. */
type Shown = Pick<StaticMapping, 'public' | 'line'> & {
  readonly inside: Pick<Inside, 'machine' | 'address'>;
};

/** One host of each segment in a translated prefix. */
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
  /** The segments that must not reach it. */
  readonly shut: ReadonlySet<string>;
  readonly isStateless?: true;
};

const shownBy = (view: View, router: Machine): ShownBy[] =>
  router.nat.flatMap((one): ShownBy[] => {
    if (one.kind === 'static') return [{ router, shown: one, shut: shutBy(router, one) }];
    if (one.kind !== 'nptv6') return [];
    return renumbered(view, router, one).map((shown) => ({
      router,
      shown,
      shut: new Set<string>(),
      isStateless: true,
    }));
  });

function checkOf(
  view: View,
  { router, shown, shut, isStateless }: ShownBy,
  isCaptured: boolean,
  turn: number,
): Check[] {
  const { inside, public: address, line } = shown;
  const isAnswerable = (speaker: Machine): boolean => !isStateless || isSeenBack(view, speaker, shown);
  const { asked, all } = sourcesFor(view, router, shown, shut, turn, isAnswerable);
  const probes = asked.map(({ name }) => expectPing(name, address));
  if (probes.length === 0) return [];
  const captures = isCaptured ? [inside.machine] : [];
  return [
    {
      id: `published/${inside.machine}`,
      kind: 'published',
      expectation: `${address} leads to ${inside.machine} (${inside.address}) from ${fromText(asked.length, all)}`,
      line,
      probes,
      listeners: [],
      captures,
      judge: (evidence) => judgePublished(probes, inside, isCaptured, evidence),
    },
  ];
}

export type Sources = {
  readonly asked: readonly Machine[];
  /** The number of segments that could send. */
  readonly all: number;
};

/** Hosts that send by hairpin, where there are more segments than a check uses. */
const NEAR_AT_MOST = 2;

/** One host of each segment that reaches the router: inside by hairpin, outside by routes. */
export function sourcesFor(
  view: View,
  router: Machine,
  { public: address, inside: target }: Omit<Shown, 'line'>,
  shut: ReadonlySet<string>,
  turn: number,
  isAnswerable: (speaker: Machine) => boolean = () => true,
): Sources {
  const family = familyOf(address);
  const all = speakers(view, (segment) => shut.has(segment), target.machine).filter(
    (speaker) =>
      reachOf(view, speaker, family).routers.has(router.name) &&
      leavesHome(speaker, address) &&
      isAnswerable(speaker),
  );
  if (all.length <= ASKED_AT_MOST) return { asked: all, all: all.length };
  const inside = insideSegments(router, family);
  const isNear = ({ interfaces }: Machine): boolean => interfaces.some(({ segment }) => inside.has(segment));
  const near = spread(all.filter(isNear), turn, NEAR_AT_MOST);
  const far = all.filter((speaker) => !isNear(speaker));
  return { asked: [...near, ...spread(far, turn, ASKED_AT_MOST - near.length)], all: all.length };
}

/** The segments that must not reach it. */
export const shutBy = (router: Machine, mapping: StaticMapping | ForwardMapping): ReadonlySet<string> =>
  // A program of the router's own answers those inside by the address that is nearest to them, which is another one.
  isHairpin(router, mapping) && !isOwnPort(router, mapping)
    ? new Set<string>()
    : insideSegments(router, mappingFamily(mapping));

/** NPTv6 keeps no state, so that the path of the answer must translate it to the same address again. */
function isSeenBack(view: View, speaker: Machine, { public: address, inside }: Omit<Shown, 'line'>): boolean {
  const host = view.machines.get(inside.machine);
  const { source, dropped } = walk(view, speaker, address);
  if (!host || dropped !== undefined) return true;
  const back = walk(view, host, source);
  return back.dropped === undefined && back.source === address;
}

function judgePublished(
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
  if (!evidence.sawAll(inside.machine))
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
