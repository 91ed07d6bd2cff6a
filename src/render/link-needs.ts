/** What the links of machines ask of a kernel: where each part of one can be had, and who wants it. */
import type { Impairment, QueueKind } from '../link/impairment.js';
import { DIRECTIONS } from '../link/impairment.js';
import type { Direction } from '../link/impairment.js';
import type { Machine } from '../model/lab.js';
import type { Ability } from './link-trials.js';
import { droppedByRules, needsNetem } from './tc.js';

/** One of these, each of which is all of its abilities. */
export type Ways = readonly (readonly Ability[])[];

export type Wish = { readonly ways: Ways; readonly what: string; readonly where: string };

/** How it is done where the links are made. */
export type Style = {
  /** What it takes for tc to have the packets of a direction. */
  readonly reach: (direction: Direction) => readonly Ability[];
  /** What it takes to drop some of them by rules. */
  readonly drop: (direction: Direction) => readonly Ability[];
};

export function linkWishes({ name, interfaces }: Machine, style: Style): Wish[] {
  return interfaces.flatMap(({ link, segment }) => {
    const where = `${name}:${segment}`;
    return DIRECTIONS.flatMap((direction): Wish[] => {
      const impairment = link?.[direction];
      const isCut = link?.cut === true || link?.apart !== undefined;
      return [
        ...(isCut ? [{ ways: [style.drop(direction)], what: 'a link that is cut' }] : []),
        ...(impairment ? wishesOf(impairment, direction, style) : []),
      ].map((wish) => ({ ...wish, where }));
    });
  });
}

type Part = Omit<Wish, 'where'>;

function wishesOf(impairment: Impairment, direction: Direction, { reach, drop }: Style): Part[] {
  const netem = needsNetem(impairment);
  const { rate } = impairment;
  const there = reach(direction);
  const one = (ability: Ability, what: string): Part => ({ ways: [[ability, ...there]], what });
  const isPlain = netem.length === 0 && droppedByRules(impairment, 'nftables') > 0;
  return [
    ...netem.map((what) => one(what === 'seed' ? 'seed' : 'netem', what)),
    ...(isPlain ? [{ ways: [['netem', ...there] as const, drop(direction)], what: 'loss' }] : []),
    ...(rate ? queueAbilities(rate.queue.kind).map(([ability, what]) => one(ability, what)) : []),
  ];
}

function queueAbilities(kind: QueueKind): (readonly [Ability, string])[] {
  const bucket = kind === 'cake' ? [] : [['tbf', 'rate'] as const];
  return kind === 'drop-tail' ? bucket : [...bucket, [kind, `queue ${kind}`]];
}

/** The first ability that is missing in the last of the ways, where none can be gone. */
export function lacking(ways: Ways, can: (ability: Ability) => boolean): Ability | undefined {
  if (ways.some((all) => all.every(can))) return undefined;
  return ways.at(-1)?.find((ability) => !can(ability));
}
