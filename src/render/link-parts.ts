/** A machine's links as input for tools: lines for tc at both ends, and rules between the machines. */
import type { Direction } from '../link/impairment.js';
import type { ImpairStep } from '../plan/step.js';
import { stepText } from '../plan/step.js';
import type { Drop } from './link-rules.js';
import { dropRules, dropTable } from './link-rules.js';
import { withOwnSeed } from './link-seed.js';
import type { Means } from './tc.js';
import { droppedByRules, needsNetem, qdiscLines } from './tc.js';

/** One direction at one interface. */
export type Part = {
  readonly interface: string;
  readonly direction: Direction;
  readonly words: string;
  readonly lines: readonly string[];
};

export type Rules = { readonly table: string; readonly text: string };

/** Loss can be done by netem or by rules, so that only for loss the kernel is asked; everything else needs netem. */
export function meansFor({ impairment }: ImpairStep, hasNetem: () => boolean): Means {
  if (!impairment || needsNetem(impairment).length > 0) return 'netem';
  return droppedByRules(impairment, 'nftables') === 0 || hasNetem() ? 'netem' : 'nftables';
}

/** Each direction is shaped at the end where its packets come from: at the machine, or at the bridge. */
export const deviceOf = ({ direction, interface: own, port }: ImpairStep): string =>
  direction === 'up' ? own : port;

export const partOf = (step: ImpairStep, hasNetem: () => boolean): Part => ({
  interface: step.interface,
  direction: step.direction,
  words: stepText(step),
  lines: step.impairment
    ? qdiscLines(withOwnSeed(step.impairment, step), deviceOf(step), meansFor(step, hasNetem))
    : [],
});

/** The rules are between the machines, as a local sender would notice its losses. */
export function dropsOf(steps: readonly ImpairStep[], hasNetem: () => boolean): Rules[] {
  const drops = new Map<string, Drop[]>();
  for (const step of steps) {
    const { direction, mac, port: device, impairment, cut, apart = [] } = step;
    const lost = impairment ? droppedByRules(impairment, meansFor(step, hasNetem)) : 0;
    const percent = cut ? 100 : lost;
    if (percent === 0 && apart.length === 0) continue;
    const hook = direction === 'up' ? 'ingress' : 'egress';
    const drop: Drop = { direction, hook, device, percent, apart };
    drops.set(mac, [...(drops.get(mac) ?? []), drop]);
  }
  return [...drops].map(([mac, some]) => ({ table: dropTable(mac), text: dropRules(dropTable(mac), some) }));
}

/** The same as texts for tc and nft, where the kernel has netem and where it lacks it. */
export type LinkText = { readonly tc: string; readonly nft: string };
export type LinkTexts = Readonly<Record<Means, LinkText>>;

const textFor = (steps: readonly ImpairStep[], direction: Direction, netem: boolean): LinkText => {
  const hasNetem = (): boolean => netem;
  const own = steps.filter((step) => step.direction === direction);
  const lines = own.flatMap((step) => partOf(step, hasNetem).lines);
  const drops = direction === 'up' ? [] : dropsOf(steps, hasNetem);
  return {
    tc: lines.map((line) => `${line}\n`).join(''),
    nft: drops.map(({ text }) => text).join(''),
  };
};

/** Of the machines' own ends with `up`, of what is between them with `down`; rules are all between them. */
export const linkTexts = (steps: readonly ImpairStep[], direction: Direction): LinkTexts => ({
  netem: textFor(steps, direction, true),
  nftables: textFor(steps, direction, false),
});
