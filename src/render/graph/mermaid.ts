/** A picture for Mermaid, which Markdown viewers draw: https://mermaid.js.org/syntax/flowchart.html */
import type { Graph, GraphNode } from './graph.js';
import type { NestedFormat } from './nested.js';
import { endsOf, lineText, nestedLines } from './nested.js';

const SHAPES: Readonly<Record<GraphNode['kind'], readonly [string, string]>> = {
  segment: ['([', '])'],
  router: ['[[', ']]'],
  host: ['[', ']'],
};

export const graphMermaid = (graph: Graph): string =>
  [
    'flowchart TB',
    `  accTitle: ${plain(graph.name)}`,
    `  accDescr: ${plain(graph.summary)}`,
    ...nestedLines(graph, FORMAT),
    ...graph.links.map((link) => `  ${endsOf(link).join(link.isGateway ? ' === ' : ' --- ')}`),
    '',
  ].join('\n');

const FORMAT: NestedFormat = {
  node: ({ id, kind, title, lines }) => {
    const [open, close] = SHAPES[kind];
    const text = [`<b>${escaped(title)}</b>`, ...lines.map((line) => escaped(lineText(line)))];
    return `${id}${open}"${text.join('<br/>')}"${close}`;
  },
  open: ({ id, title }) => [`subgraph ${id}["${escaped(title)}"]`],
  close: 'end',
};

/** Within quotes Mermaid reads HTML, Markdown and `#35;`: other characters than plain text are written as numbers. */
const escaped = (text: string): string =>
  Array.from(text, (one) =>
    /[\p{L}\p{N} .,:;/()+…–⇄→-]/u.test(one) ? one : `#${one.codePointAt(0) ?? 32};`,
  ).join('');

/** For titles, which have no quotes and end with the line. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N} .,:()-]/gu, ' ');
