/**
 * Finds counted machines and segments that can be drawn as one node, as they have the same relations to all others. A
 * partition is refined until it is stable (colour refinement; Weisfeiler and Leman, 1968).
 */
import { groupBy } from '../../core/group-by.js';
import type { View } from '../../model/view.js';
import type { Relation } from './relations.js';
import { machineKey, relationsOf, segmentKey } from './relations.js';

/** The keys that are drawn as one node, in the order of the lab. */
export type Groups = readonly (readonly string[])[];

/** Smaller groups are drawn one by one. */
const SMALLEST = 3;
const COUNTED = /^(.*)-\d+$/;

type Colours = Map<string, number>;

/** @param all every machine and segment by itself */
export function groupsOf(view: View, all: boolean): Groups {
  const { machines, segments } = view.lab;
  const keys = [
    ...segments.map(({ name }) => segmentKey(name)),
    ...machines.map(({ name }) => machineKey(name)),
  ];
  if (all) return keys.map((key) => [key]);
  const relations = relationsOf(view);
  const marks = initialMarks(view);
  let groups: Groups = [];
  // Whoever cannot be in a group is set apart, which may make others differ; each turn sets one apart at least.
  for (let turn = 0; turn <= keys.length; turn++) {
    groups = byColour(keys, refine(keys, marks, relations));
    const alone = groups.filter((group) => group.length > 1 && !isDrawable(group, groups, relations));
    if (alone.length === 0) break;
    for (const key of alone.flat()) marks.set(key, key);
  }
  return groups;
}

/** What tells them apart before anything else is looked at: a name that is not counted, the kind, what it is made of. */
function initialMarks({ lab }: View): Map<string, string> {
  const stem = (name: string): string => COUNTED.exec(name)?.[1] ?? `${name}!`;
  return new Map([
    ...lab.segments.map(({ name }): [string, string] => [segmentKey(name), `segment ${stem(name)}`]),
    ...lab.machines.map(({ name, kind, vagrant, provision, isolated, isolated6 }): [string, string] => {
      const special = JSON.stringify([vagrant, provision, isolated.length, isolated6?.length]);
      return [machineKey(name), `${kind} ${stem(name)} ${special}`];
    }),
  ]);
}

function refine(
  keys: readonly string[],
  marks: ReadonlyMap<string, string>,
  relations: readonly Relation[],
): Colours {
  let colours = numbered(keys, (key) => marks.get(key) ?? key);
  for (let many = new Set(colours.values()).size; ;) {
    const seen = new Map<string, string[]>(keys.map((key) => [key, []]));
    for (const { from, to, label } of relations) {
      seen.get(from)?.push(`>${label} ${colours.get(to) ?? ''}`);
      seen.get(to)?.push(`<${label} ${colours.get(from) ?? ''}`);
    }
    const before = colours;
    colours = numbered(keys, (key) => `${before.get(key) ?? ''}|${(seen.get(key) ?? []).sort().join()}`);
    const now = new Set(colours.values()).size;
    // It only ever becomes finer, so that it ends after as many rounds as there are keys.
    if (now === many) return colours;
    many = now;
  }
}

function numbered(keys: readonly string[], markOf: (key: string) => string): Colours {
  const known = new Map<string, number>();
  return new Map(
    keys.map((key) => {
      const mark = markOf(key);
      const number = known.get(mark) ?? known.size;
      known.set(mark, number);
      return [key, number];
    }),
  );
}

const byColour = (keys: readonly string[], colours: Colours): Groups => [
  ...groupBy(keys, (key) => colours.get(key)).values(),
];

/** Not where they are few, or where one is joined to several of one group: a ring drawn as one node would be no ring. */
function isDrawable(group: readonly string[], groups: Groups, relations: readonly Relation[]): boolean {
  if (group.length < SMALLEST) return false;
  const [first = ''] = group;
  const joined = new Set(
    relations.filter(({ from, label }) => from === first && label === 'on').map(({ to }) => to),
  );
  return groups.every((other) => other.length === 1 || other.filter((key) => joined.has(key)).length <= 1);
}
