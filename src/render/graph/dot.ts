/** The picture for graphviz: https://graphviz.org/doc/info/lang.html */
import type { Graph, GraphBox, GraphLine, GraphLink, GraphNode } from './graph.js';

const SHAPES: Readonly<Record<GraphNode['kind'], string>> = {
  segment: 'shape=box, style="rounded,filled", fillcolor="#e3edfb", color="#2b62b8"',
  router: 'shape=box, style=filled, fillcolor="#fdf0dc", color="#8a5200"',
  host: 'shape=box, style=filled, fillcolor="#ffffff", color="#57606a"',
};

export function graphDot(graph: Graph): string {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  return [
    `graph ${quoted(graph.name)} {`,
    `  // ${printed(graph.summary)}`,
    '  graph [fontname="sans-serif", ranksep=0.5, nodesep=0.3]',
    '  node [fontname="sans-serif", fontsize=11]',
    ...boxLines(graph.root, nodes, '  '),
    ...graph.links.map((link) => `  ${linkText(link)}`),
    '}',
    '',
  ].join('\n');
}

function boxLines(
  { nodes, boxes }: GraphBox,
  known: ReadonlyMap<string, GraphNode>,
  indent: string,
): string[] {
  return [
    ...nodes.flatMap((id) => {
      const node = known.get(id);
      return node ? [`${indent}${id} [label=${label(node)}, ${SHAPES[node.kind]}]`] : [];
    }),
    ...boxes.flatMap((box) => [
      `${indent}subgraph cluster_${box.id} {`,
      `${indent}  label=${quoted(box.title)}; style=dashed; color="#6e7781"; fontsize=10`,
      ...boxLines(box, known, `${indent}  `),
      `${indent}}`,
    ]),
  ];
}

const label = ({ title, lines }: GraphNode): string =>
  `"${[title, ...lines.map(lineText)].map(escaped).join('\\n')}"`;

export const lineText = ({ kind, text }: GraphLine): string =>
  kind === 'gateway' ? `${text} (gateway)` : text;

/** From the middle outwards, so that ranks follow from the order of the ends. */
export function linkText({ machine, segment, nearer, isGateway }: GraphLink): string {
  const ends = nearer === 'machine' ? [machine, segment] : [segment, machine];
  return `${ends.join(' -- ')}${isGateway ? ' [penwidth=2.5]' : ''}`;
}

/** What is no text becomes a space: nothing ends a line or a string. */

const printed = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
const escaped = (text: string): string => printed(text).replace(/[\\"]/g, '\\$&');
const quoted = (text: string): string => `"${escaped(text)}"`;
