/** The kernel abilities that the links of machines need, with alternatives, and what needs them. */
import type { Impairment, QueueKind } from '../link/impairment.js';
import { DIRECTIONS } from '../link/impairment.js';
import type { Direction } from '../link/impairment.js';
import type { Machine } from '../model/lab.js';
import type { Ability } from './link-trials.js';
import { droppedByRules, needsNetem } from './tc.js';

/** Alternatives, each of which needs all of its abilities. */
export type Ways = readonly (readonly Ability[])[];

export type Wish = { readonly ways: Ways; readonly what: string; readonly where: string };

/** How a driver implements links. */
export type Style = {
  /** The abilities to shape a direction with tc. */
  readonly reach: (direction: Direction) => readonly Ability[];
  /** The abilities to drop packets of a direction by rules. */
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

/** The first missing ability of the last alternative; undefined where one alternative works. */
export function lacking(ways: Ways, can: (ability: Ability) => boolean): Ability | undefined {
  if (ways.some((all) => all.every(can))) return undefined;
  return ways.at(-1)?.find((ability) => !can(ability));
}
