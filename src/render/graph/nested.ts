/** A picture as nested lines of text, as graphviz and Mermaid both have it. */
import type { Graph, GraphBox, GraphLine, GraphLink, GraphNode } from './graph.js';

export type NestedFormat = {
  readonly node: (node: GraphNode) => string;
  /** The lines that begin a frame; contents are indented below them. */
  readonly open: (box: GraphBox) => readonly string[];
  readonly close: string;
};

export function nestedLines({ root, nodes }: Graph, format: NestedFormat): string[] {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const linesOf = (box: GraphBox, indent: string): string[] => [
    ...box.nodes.flatMap((id) => {
      const node = known.get(id);
      return node ? [`${indent}${format.node(node)}`] : [];
    }),
    ...box.boxes.flatMap((inner) => [
      ...format.open(inner).map((line) => `${indent}${line}`),
      ...linesOf(inner, `${indent}  `),
      `${indent}${format.close}`,
    ]),
  ];
  return linesOf(root, '  ');
}

export const lineText = ({ kind, text }: GraphLine): string =>
  kind === 'gateway' ? `${text} (gateway)` : text;

/** The end nearer to the middle first, so that ranks follow from the order. */
export const endsOf = ({ machine, segment, nearer }: GraphLink): readonly [string, string] =>
  nearer === 'machine' ? [machine, segment] : [segment, machine];
