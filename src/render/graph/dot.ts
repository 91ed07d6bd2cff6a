/** A picture for graphviz: https://graphviz.org/doc/info/lang.html */
import type { Graph, GraphLink, GraphNode } from './graph.js';
import type { NestedFormat } from './nested.js';
import { endsOf, lineText, nestedLines } from './nested.js';

const SHAPES: Readonly<Record<GraphNode['kind'], string>> = {
  segment: 'shape=box, style="rounded,filled", fillcolor="#e3edfb", color="#2b62b8"',
  router: 'shape=box, style=filled, fillcolor="#fdf0dc", color="#8a5200"',
  host: 'shape=box, style=filled, fillcolor="#ffffff", color="#57606a"',
};

export const graphDot = (graph: Graph): string =>
  [
    `graph ${quoted(graph.name)} {`,
    `  // ${printed(graph.summary)}`,
    '  graph [fontname="sans-serif", ranksep=0.5, nodesep=0.3]',
    '  node [fontname="sans-serif", fontsize=11]',
    ...nestedLines(graph, FORMAT),
    ...graph.links.map((link) => `  ${linkText(link)}`),
    '}',
    '',
  ].join('\n');

const FORMAT: NestedFormat = {
  node: (node) => `${node.id} [label=${label(node)}, ${SHAPES[node.kind]}]`,
  open: ({ id, title }) => [
    `subgraph cluster_${id} {`,
    `  label=${quoted(title)}; style=dashed; color="#6e7781"; fontsize=10`,
  ],
  close: '}',
};

const label = ({ title, lines }: GraphNode): string =>
  `"${[title, ...lines.map(lineText)].map(escaped).join('\\n')}"`;

export const linkText = (link: GraphLink): string =>
  `${endsOf(link).join(' -- ')}${link.isGateway ? ' [penwidth=2.5]' : ''}`;

/** Control characters become spaces, so that nothing ends a line or a string. */
const printed = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
const escaped = (text: string): string => printed(text).replace(/[\\"]/g, '\\$&');
const quoted = (text: string): string => `"${escaped(text)}"`;
