/** Hosts of one segment side by side in rows, where they are many: a row of fifty can be looked at by nobody. */
import type { Graph, GraphBox, GraphLink, GraphNode } from './graph.js';
import type { Size } from './metrics.js';
import { sizeOf } from './metrics.js';

export type Pack = Size & {
  readonly id: string;
  readonly link: GraphLink;
  /** Each with the middle of where it is drawn, from the pack's upper left corner. */
  readonly cells: readonly {
    readonly node: GraphNode;
    readonly size: Size;
    readonly x: number;
    readonly y: number;
  }[];
};

/** So many are still drawn in one row; of a large picture fewer. */
const ROW = 4;
const ROW_OF_LARGE = 2;
const LARGE = 60;
const GAP = 10;
/** A pack is about so much wider than high. */
const ASPECT = 1.6;

/** The packs of a picture, by the first of their hosts. */
export function packsOf({ nodes, links, root }: Graph): ReadonlyMap<string, Pack> {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const boxOf = new Map<string, string>();
  const note = ({ id, nodes: inside, boxes }: GraphBox): void => {
    for (const one of inside) boxOf.set(one, id);
    boxes.forEach(note);
  };
  note(root);
  const linksOf = new Map<string, number>();
  for (const { machine } of links) linksOf.set(machine, (linksOf.get(machine) ?? 0) + 1);
  const leaves = new Map<string, GraphLink[]>();
  for (const link of links) {
    if (known.get(link.machine)?.kind !== 'host' || linksOf.get(link.machine) !== 1) continue;
    const where = `${link.segment} ${boxOf.get(link.machine) ?? ''}`;
    leaves.set(where, [...(leaves.get(where) ?? []), link]);
  }
  const row = nodes.length > LARGE ? ROW_OF_LARGE : ROW;
  const packs = [...leaves.values()].filter((all) => all.length > row).flatMap((all) => packOf(all, known));
  return new Map(packs.map((pack) => [pack.link.machine, pack]));
}

function packOf(links: readonly GraphLink[], known: ReadonlyMap<string, GraphNode>): Pack[] {
  const nodes = links.flatMap(({ machine }) => known.get(machine) ?? []);
  const [link] = links;
  const [first] = nodes;
  if (!link || !first) return [];
  const sizes = nodes.map(sizeOf);
  const width = Math.max(...sizes.map((size) => size.width));
  const height = Math.max(...sizes.map((size) => size.height));
  const columns = Math.max(1, Math.round(Math.sqrt((nodes.length * ASPECT * height) / width)));
  const rows = Math.ceil(nodes.length / columns);
  const cells = nodes.map((node, index) => ({
    node,
    size: { width, height },
    x: GAP + (index % columns) * (width + GAP) + width / 2,
    y: GAP + Math.floor(index / columns) * (height + GAP) + height / 2,
  }));
  return [
    { id: first.id, link, cells, width: columns * (width + GAP) + GAP, height: rows * (height + GAP) + GAP },
  ];
}
