/** The picture for Mermaid, which Markdown viewers draw: https://mermaid.js.org/syntax/flowchart.html */
import { lineText } from './dot.js';
import type { Graph, GraphBox, GraphNode } from './graph.js';

const SHAPES: Readonly<Record<GraphNode['kind'], readonly [string, string]>> = {
  segment: ['([', '])'],
  router: ['[[', ']]'],
  host: ['[', ']'],
};

export function graphMermaid(graph: Graph): string {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  return [
    'flowchart TB',
    `  accTitle: ${plain(graph.name)}`,
    `  accDescr: ${plain(graph.summary)}`,
    ...boxLines(graph.root, nodes, '  '),
    ...graph.links.map(({ machine, segment, nearer, isGateway }) => {
      const [from, to] = nearer === 'machine' ? [machine, segment] : [segment, machine];
      return `  ${from} ${isGateway ? '===' : '---'} ${to}`;
    }),
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
      if (!node) return [];
      const [open, close] = SHAPES[node.kind];
      const lines = node.lines.map((line) => escaped(lineText(line)));
      return [`${indent}${id}${open}"${[`<b>${escaped(node.title)}</b>`, ...lines].join('<br/>')}"${close}`];
    }),
    ...boxes.flatMap((box) => [
      `${indent}subgraph ${box.id}["${escaped(box.title)}"]`,
      ...boxLines(box, known, `${indent}  `),
      `${indent}end`,
    ]),
  ];
}

/** Within quotes Mermaid reads HTML, Markdown and `#35;`: what is not plainly text goes as the number of its character. */
const escaped = (text: string): string =>
  Array.from(text, (one) =>
    /[\p{L}\p{N} .,:;/()+…–⇄→-]/u.test(one) ? one : `#${one.codePointAt(0) ?? 32};`,
  ).join('');

/** Of a line that ends where the line does. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N} .,:()-]/gu, ' ');
