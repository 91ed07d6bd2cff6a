/** Many routers on one segment, each with what is behind it, one below the other in columns instead of side by side. */
import type { Graph, GraphLink } from './graph.js';

/** So many are still drawn in one row. */
const ROW = 7;
/** Columns for each row, as what is behind a router is about as wide as it is high, and pages are wide. */
const ASPECT = 1.8;

/** Pairs of nodes of which the second is to be below the first. */
export function belowOneAnother({ nodes, links }: Graph): (readonly [string, string])[] {
  const routers = new Set(nodes.filter(({ kind }) => kind === 'router').map(({ id }) => id));
  const outward = new Map<string, GraphLink[]>();
  for (const link of links) {
    const near = link.nearer === 'segment' ? link.segment : link.machine;
    outward.set(near, [...(outward.get(near) ?? []), link]);
  }
  return [...outward.values()].flatMap((all) => {
    const tops = all.filter(({ nearer, machine }) => nearer === 'segment' && routers.has(machine));
    if (tops.length <= ROW) return [];
    const columns = Math.ceil(Math.sqrt(tops.length * ASPECT));
    return tops.slice(columns).map(({ machine }, index): [string, string] => {
      const above = tops[index]?.machine ?? machine;
      return [lowest(above, outward), machine];
    });
  });
}

/** The node farthest out that is reached by going outwards alone. */
function lowest(from: string, outward: ReadonlyMap<string, readonly GraphLink[]>): string {
  const seen = new Set([from]);
  for (const id of seen)
    for (const { nearer, machine, segment } of outward.get(id) ?? [])
      seen.add(nearer === 'segment' ? machine : segment);
  return [...seen].at(-1) ?? from;
}
