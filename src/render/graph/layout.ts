/** Where everything of a picture is drawn: worked out by graphviz from sizes alone, in pixels from the upper left. */
import type { Graph, GraphBox, GraphLink } from './graph.js';
import type { Size } from './metrics.js';
import { boxTitleWidth, LINE, sizeOf } from './metrics.js';
import { linkText } from './dot.js';
import type { Pack } from './packs.js';
import { packsOf } from './packs.js';
import { belowOneAnother } from './rows.js';

export type Point = { readonly x: number; readonly y: number };
/** By its middle. */
export type Placed = Point & Size;

export type Layout = Size & {
  readonly nodes: ReadonlyMap<string, Placed>;
  readonly packs: readonly { readonly pack: Pack; readonly at: Placed }[];
  readonly boxes: readonly { readonly box: GraphBox; readonly at: Placed; readonly level: number }[];
  /** The points of a Bézier curve of each link. */
  readonly curves: readonly { readonly link: GraphLink; readonly points: readonly Point[] }[];
};

const INCH = 72;
/** Graphviz lets frames touch. */
const APART = 5;

/** Loaded when it is first needed: it is two megabytes. */
export async function layoutOf(graph: Graph): Promise<Layout> {
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
  const graphviz = await Graphviz.load();
  const packs = packsOf(graph);
  const links = linksToDraw(graph, packs);
  return readLayout(
    JSON.parse(graphviz.layout(layoutDot(graph, packs, links), 'json', 'dot')) as Drawn,
    graph,
    packs,
    links,
  );
}

/** A pack hangs by the link of its first host. */
const linksToDraw = ({ links }: Graph, packs: ReadonlyMap<string, Pack>): GraphLink[] => {
  const rest = new Set(
    [...packs.values()].flatMap(({ id, cells }) =>
      cells.map(({ node }) => node.id).filter((one) => one !== id),
    ),
  );
  return links.filter(({ machine }) => !rest.has(machine));
};

function layoutDot(graph: Graph, packs: ReadonlyMap<string, Pack>, links: readonly GraphLink[]): string {
  const sizes = new Map<string, Size>(
    graph.nodes.map((node) => [node.id, packs.get(node.id) ?? sizeOf(node)]),
  );
  for (const { cells, id } of packs.values())
    for (const { node } of cells) if (node.id !== id) sizes.delete(node.id);
  const hosts = [...packs.values()].flatMap(({ id, cells }) =>
    cells.map(({ node }) => [node.id, id] as const),
  );
  const packOf = new Map(hosts);
  const drawnAs = (id: string): string => packOf.get(id) ?? id;
  return [
    'graph {',
    '  graph [ranksep=0.55, nodesep=0.3, margin=0, pad=0]',
    '  node [shape=box, fixedsize=true, label=""]',
    '  edge [headclip=true]',
    ...boxDot(graph.root, sizes),
    ...links.map(linkText),
    ...belowOneAnother(graph).map(([above, below]) => `${drawnAs(above)} -- ${drawnAs(below)} [style=invis]`),
    '}',
  ].join('\n');
}

function boxDot({ nodes, boxes }: GraphBox, sizes: ReadonlyMap<string, Size>): string[] {
  const inches = (pixels: number): string => (pixels / INCH).toFixed(4);
  return [
    ...nodes.flatMap((id) => {
      const size = sizes.get(id);
      return size ? [`${id} [width=${inches(size.width)}, height=${inches(size.height)}]`] : [];
    }),
    ...boxes.flatMap((box) => [
      `subgraph cluster_${box.id} {`,
      // A label of the right size, of which only the room is used: a cell of a table is as large as it is told.
      `  margin=18; labelloc=b; labeljust=l; label=<<table border="0" cellpadding="0" fixedsize="true" width="${boxTitleWidth(box.title)}" height="${LINE.line}"><tr><td></td></tr></table>>`,
      ...boxDot(box, sizes),
      '}',
    ]),
  ];
}

type Drawn = {
  readonly bb: string;
  readonly objects?: readonly { readonly name: string; readonly pos?: string; readonly bb?: string }[];
  readonly edges?: readonly { readonly pos: string }[];
};

const numbers = (text: string): number[] => text.split(/[ ,]/).map(Number);

function readLayout(
  drawn: Drawn,
  graph: Graph,
  packs: ReadonlyMap<string, Pack>,
  links: readonly GraphLink[],
): Layout {
  const [, , width = 0, height = 0] = numbers(drawn.bb);
  const places = new Map(drawn.objects?.map((one) => [one.name, one]));
  const nodes = new Map<string, Placed>();
  const packed: Layout['packs'][number][] = [];
  for (const node of graph.nodes) {
    const pos = places.get(node.id)?.pos;
    if (pos === undefined) continue;
    const [x = 0, y = 0] = numbers(pos);
    const pack = packs.get(node.id);
    if (!pack) nodes.set(node.id, { x, y: height - y, ...sizeOf(node) });
    else {
      const at = { x, y: height - y, width: pack.width, height: pack.height };
      packed.push({ pack, at });
      for (const cell of pack.cells)
        nodes.set(cell.node.id, {
          ...cell.size,
          x: x - pack.width / 2 + cell.x,
          y: at.y - pack.height / 2 + cell.y,
        });
    }
  }
  const curves = links.map((link, index) => ({
    link,
    points: pointsOf(drawn.edges?.[index]?.pos ?? '', height),
  }));
  return { width, height, nodes, packs: packed, boxes: placedBoxes(graph.root, places, height, 0), curves };
}

function placedBoxes(
  { boxes }: GraphBox,
  places: ReadonlyMap<string, { readonly bb?: string }>,
  height: number,
  level: number,
): Layout['boxes'] {
  return boxes.flatMap((box) => {
    const [left = 0, bottom = 0, right = 0, top = 0] = numbers(places.get(`cluster_${box.id}`)?.bb ?? '');
    const at = {
      x: (left + right) / 2,
      y: height - (bottom + top) / 2,
      width: right - left - 2 * APART,
      height: top - bottom - 2 * APART,
    };
    return [{ box, at, level }, ...placedBoxes(box, places, height, level + 1)];
  });
}

const pointsOf = (pos: string, height: number): Point[] =>
  pos.split(' ').flatMap((pair) => {
    const [x, y] = pair.split(',').map(Number);
    return x === undefined || y === undefined || Number.isNaN(x) ? [] : [{ x, y: height - y }];
  });
