/** Written hosts and routers to machines, counted ones to as many. */
import type { Topology, WrittenHost, WrittenRouter } from '../../topology/schema.js';
import { MAX_COUNT } from '../../topology/schema.js';
import type { Path } from '../../topology/source.js';
import type { Draft, DraftMachine, Pass } from '../draft.js';
import { checkName, collision } from './segments.js';

type Kind = DraftMachine['kind'];
type Item = {
  readonly kind: Kind;
  readonly name: string;
  readonly path: Path;
  readonly written: WrittenHost | WrittenRouter;
};

const countOf = (items: readonly Item[]): number =>
  items.reduce((sum, { written }) => sum + (written.count ?? 1), 0);

/** How many machines are written, which may be more than there can be. */
export const countMachines = (topology: Topology): number => countOf(itemsOf(topology));

export const expandMachines: Pass = (draft) => {
  const items = itemsOf(draft.topology);
  const total = countOf(items);
  if (total > MAX_COUNT) {
    const most = items.reduce((a, b) => ((b.written.count ?? 1) > (a.written.count ?? 1) ? b : a));
    const path = most.written.count === undefined ? most.path : [...most.path, 'count'];
    const message = `${total} machines are more than the ${MAX_COUNT} that labnet brings up`;
    draft.report('too-many-machines', message, path, { fix: 'lower the counts' });
    draft.damaged.add('hosts').add('routers');
    return;
  }
  const named = uniqueNames(draft, items);
  for (const item of named.values()) addAll(draft, item, named);
};

function itemsOf({ hosts = {}, routers = {} }: Topology): Item[] {
  return [
    ...Object.entries(routers).map(([name, written]): Item => ({
      kind: 'router',
      name,
      path: ['routers', name],
      written,
    })),
    ...Object.entries(hosts).map(([name, written]): Item => ({
      kind: 'host',
      name,
      path: ['hosts', name],
      written: typeof written === 'string' ? { interfaces: { [written]: 'auto' } } : written,
    })),
  ];
}

/** In every hosts file already. */
const LOCAL: ReadonlySet<string> = new Set(['localhost', 'ip6-localhost', 'ip6-loopback']);

/** By lower-cased name: machines find each other by name, and names resolve without regard to case. */
function uniqueNames(draft: Draft, items: readonly Item[]): Map<string, Item> {
  const named = new Map<string, Item>();
  for (const item of items) {
    if (!checkName(draft, item.name, item.path)) continue;
    const key = item.name.toLowerCase();
    if (LOCAL.has(key) && item.written.count === undefined) {
      const message = `'${item.name}' is what every machine calls itself`;
      draft.report('bad-name', message, item.path, { part: 'key', fix: 'use another name' });
      draft.damaged.add(item.path.join('/'));
      continue;
    }
    const first = named.get(key);
    if (!first) named.set(key, item);
    else {
      const what =
        first.name === item.name
          ? `is a ${first.kind} and a ${item.kind}`
          : `differs from '${first.name}' only in case`;
      draft.report('duplicate-name', `'${item.name}' ${what}`, item.path, {
        part: 'key',
        fix: 'rename one of them',
      });
      draft.damaged.add(item.path.join('/'));
    }
  }
  return named;
}

function addAll(draft: Draft, { kind, name, path, written }: Item, named: ReadonlyMap<string, Item>): void {
  const make = (memberName: string, group: DraftMachine['group']): DraftMachine => {
    const machine: DraftMachine = {
      name: memberName,
      kind,
      path,
      group,
      written,
      interfaces: [],
      on: new Map(),
      routes: [],
      nat: [],
      inside: { 4: new Set(), 6: new Set() },
      isolated: { 4: new Set(), 6: new Set() },
    };
    draft.machines.set(memberName, machine);
    if (kind === 'router') draft.routers.push(machine);
    return machine;
  };
  const { count } = written;
  if (count === undefined) {
    make(name, undefined);
    return;
  }
  const names = Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
  const taken = names.find((member) => named.has(member.toLowerCase()));
  if (taken !== undefined) collision(draft, taken, path);
  draft.machineGroups.set(
    name,
    names.map((member, index) => make(member, { name, index, count })),
  );
}
