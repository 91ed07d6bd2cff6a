/**
 * The links of a real or virtual machine, which has only one end of each. Outgoing packets are shaped at its interface;
 * incoming packets are redirected to a device of labnet's own (ifb) and shaped there.
 */
import type { Interface, Machine } from '../model/lab.js';
import { impairSteps } from '../plan/build.js';
import type { ImpairStep } from '../plan/step.js';
import { directionText } from '../link/words.js';
import type { Direction } from '../link/impairment.js';
import type { Style } from './link-needs.js';
import { linkWishes } from './link-needs.js';
import type { Ability } from './link-trials.js';
import { abilityFix, MODULES, trialScript } from './link-trials.js';
import { rulesOf } from './link-rules.js';
import { withOwnSeed } from './link-seed.js';
import type { Means } from './tc.js';
import { droppedByRules, needsNetem, qdiscLines, shapeOf } from './tc.js';

/** The shaping of one direction at one segment. */
type SegmentDirection = { readonly segment: string; readonly direction: Direction };

/** A line for tc(8), `qdisc …`, or a rule for nft(8), `rule …`, where the kernel has these means (`-` is any); and `shape …` of all lines for tc. */
export type Shaping = SegmentDirection & { readonly means: '-' | Means; readonly text: string };

export type LinksData = {
  readonly impairs: readonly (SegmentDirection & { readonly words: string })[];
  readonly shaping: readonly Shaping[];
  readonly mtus: readonly { readonly segment: string; readonly mtu: number }[];
};

/** Outgoing packets to drop are sent to this device, as TCP would notice a local drop and resend at once. */
export const SINK = 'labnetsink';

/** The name of the device for incoming packets of an interface: 14 bytes, of at most 15. */
export const ifbName = ({ mac }: Pick<Interface, 'mac'>): string =>
  `labnet${mac.replaceAll(':', '').slice(-8).toLowerCase()}`;

export function linksData(machine: Machine): LinksData {
  const steps = impairSteps(machine);
  return {
    impairs: steps.map((step) => ({ ...directionOf(step), words: directionText(step) })),
    shaping: steps.flatMap(shapingOf),
    mtus: machine.interfaces.flatMap(({ segment, link }) =>
      link?.mtu === undefined ? [] : [{ segment, mtu: link.mtu }],
    ),
  };
}

const directionOf = ({ segment, direction }: ImpairStep): SegmentDirection => ({ segment, direction });

function shapingOf(step: ImpairStep): Shaping[] {
  const { impairment } = step;
  const isEither =
    impairment && needsNetem(impairment).length === 0 && droppedByRules(impairment, 'nftables') > 0;
  if (!isEither) return linesFor(step, 'netem').map((text) => ({ ...directionOf(step), means: '-', text }));
  return (['netem', 'nftables'] as const).flatMap((means) =>
    linesFor(step, means).map((text) => ({ ...directionOf(step), means, text })),
  );
}

function linesFor(step: ImpairStep, means: Means): string[] {
  const { direction, segment, impairment, cut, apart } = step;
  const device = direction === 'up' ? `@${segment}@` : ifbName(step);
  const qdiscs = impairment ? qdiscLines(withOwnSeed(impairment, step), device, means) : [];
  const percent = cut ? 100 : impairment ? droppedByRules(impairment, means) : 0;
  const verdict = direction === 'up' ? `fwd to "${SINK}"` : 'drop';
  const rules = rulesOf({ direction, percent, ...(apart && { apart }) }, verdict);
  const handed = direction === 'down' && qdiscs.length > 0 ? [`fwd to "${device}"`] : [];
  const shape = qdiscs.length > 0 ? [`shape ${shapeOf(qdiscs)}`] : [];
  return [...shape, ...qdiscs, ...[...rules, ...handed].map((rule) => `rule ${rule}`)];
}

const STYLE: Style = {
  reach: (direction) => (direction === 'down' ? ['redirect'] : []),
  drop: (direction) => (direction === 'down' ? ['ingress'] : ['sink']),
};

export type LinkNeeds = {
  readonly tools: readonly string[];
  /** Whether its interfaces have to take packets of another size. */
  readonly hasMtu: boolean;
  /** A script that tries abilities and prints the names of those that work. */
  readonly trials: string;
  /** `WAY[,WAY] TEXT` of ways that do, each of abilities with `+` between them. */
  readonly needs: readonly string[];
  /** Of each ability what it is called, and what is to be done for it. */
  readonly abilities: readonly { readonly name: Ability; readonly module: string; readonly fix: string }[];
};

/** Undefined where there is nothing to ask for. */
export function linkNeeds(machine: Machine): LinkNeeds | undefined {
  const wishes = linkWishes(machine, STYLE);
  const { shaping, mtus } = linksData(machine);
  if (wishes.length + mtus.length === 0) return undefined;
  const abilities = [...new Set(wishes.flatMap(({ ways }) => ways.flat()))];
  const uses = (kind: string): boolean => shaping.some(({ text }) => text.startsWith(`${kind} `));
  const byWays = new Map<string, { readonly what: string; readonly where: string }[]>();
  for (const { ways, what, where } of wishes) {
    const keys = ways.length === 1 ? ways.flat() : [ways.map((all) => all.join('+')).join(',')];
    for (const key of keys) byWays.set(key, [...(byWays.get(key) ?? []), { what, where }]);
  }
  return {
    tools: [...(uses('qdisc') ? ['tc'] : []), ...(uses('rule') ? ['nft'] : [])],
    hasMtu: mtus.length > 0,
    trials: trialScript(abilities),
    needs: [...byWays].map(([key, some]) => `${key} ${wordsOf(some)}`),
    abilities: abilities.map((name) => ({ name, module: MODULES[name], fix: abilityFix(name, LOAD) })),
  };
}

const wordsOf = (some: readonly { readonly what: string; readonly where: string }[]): string => {
  const all = (key: 'what' | 'where'): string => [...new Set(some.map((one) => one[key]))].join(', ');
  return `${all('what')} needs at ${all('where')}`;
};

const LOAD = (modules: string): string =>
  `'modprobe ${modules}', or install a kernel that has it, as Debian's linux-image-amd64 does`;
