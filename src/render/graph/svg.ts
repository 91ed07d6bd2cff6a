/** The picture as SVG: text that can be read, searched and read out, in light and dark, and nothing from elsewhere. */
import { escapeXml } from '../../core/xml.js';
import type { Graph, GraphNode } from './graph.js';
import type { Layout, Placed, Point } from './layout.js';
import { layoutOf } from './layout.js';
import { firstNat, LINE, PADDING, RULE, shownLine, TITLE } from './metrics.js';
import { styleSheet } from './palette.js';

const MARGIN = 16;
const LEGEND = 30;

const FONTS = `.labnet-graph text{font:${LINE.size}px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}
.labnet-graph .title{font:bold ${TITLE.size}px system-ui,'DejaVu Sans',Helvetica,Arial,sans-serif}
.labnet-graph .link,.labnet-graph .pack{fill:none}
.labnet-graph .link{stroke-width:1.3}
.labnet-graph .way{stroke-width:3}
.labnet-graph .box,.labnet-graph .pack{stroke-dasharray:5 4}
.labnet-graph .router rect,.labnet-graph .segment rect{stroke-width:1.5}
.labnet-graph .rule{stroke-dasharray:2 3}`;

export type SvgOptions = {
  /** Each node says its id, and each line its number, for a program that shows something there. */
  readonly isMarked?: boolean;
};

export const graphSvg = async (graph: Graph, options: SvgOptions = {}): Promise<string> =>
  svgOf(graph, await layoutOf(graph), options.isMarked === true);

function svgOf(graph: Graph, layout: Layout, isMarked: boolean): string {
  const legend = legendOf(graph);
  const width = Math.ceil(Math.max(layout.width, legend.length * LINE.size * 0.61)) + 2 * MARGIN;
  const height = Math.ceil(layout.height) + 2 * MARGIN + LEGEND;
  const id = `labnet-${graph.name}`;
  const left = MARGIN + (width - 2 * MARGIN - layout.width) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="labnet-graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="graphics-document document" aria-labelledby="${escapeXml(id)}-title" aria-describedby="${escapeXml(id)}-desc">
<title id="${escapeXml(id)}-title">${escapeXml(graph.name)}</title>
<desc id="${escapeXml(id)}-desc">${escapeXml(`${graph.summary}. ${legend}`)}</desc>
<style>
${styleSheet(
  FONTS,
  graph.nodes.some(({ mark }) => mark !== undefined),
)}
</style>
<rect class="ground" width="${width}" height="${height}"/>
<g transform="translate(${round(left)} ${MARGIN})">
${[...boxesSvg(layout), ...linksSvg(layout, isMarked), ...graph.nodes.flatMap((node) => nodeSvg(node, layout.nodes.get(node.id), isMarked))].join('\n')}
</g>
<text class="legend" x="${MARGIN}" y="${height - MARGIN}">${escapeXml(legend)}</text>
</svg>
`;
}

/** What of the picture is not plain from it. */
function legendOf({ nodes, links }: Graph): string {
  const nat = nodes.flatMap(({ lines }) => lines.filter(({ kind }) => kind === 'nat'));
  return [
    ...(links.some(({ isGateway }) => isGateway) ? ['thick: the gateway of a segment'] : []),
    ...(nat.some(({ text }) => text.includes('⇄')) ? ['⇄ published 1:1'] : []),
    ...(nat.some(({ text }) => text.includes('→')) ? ['→ translated to'] : []),
  ].join('; ');
}

const boxesSvg = ({ boxes, packs }: Layout): string[] => [
  ...boxes.map(({ box, at }) => {
    const { x, y } = corner(at);
    return `<g class="behind">${rect(at, 8, 'box')}<text class="label" x="${round(x + PADDING.x)}" y="${round(y + at.height - PADDING.y)}">${escapeXml(box.title)}</text></g>`;
  }),
  ...packs.map(({ at }) => rect(at, 8, 'pack')),
];

const linksSvg = ({ curves }: Layout, isMarked: boolean): string[] =>
  curves.map(({ link, points }, index) => {
    const mark = isMarked ? ` data-link="${index}"` : '';
    return `<path class="link${link.isGateway ? ' way' : ''}"${mark} d="${curve(points)}"/>`;
  });

function nodeSvg(node: GraphNode, at: Placed | undefined, isMarked: boolean): string[] {
  if (!at) return [];
  const { y } = corner(at);
  const nat = firstNat(node.lines);
  const lines = node.lines.map((line, index) => {
    const below = nat > 0 && index >= nat ? RULE : 0;
    const base = y + PADDING.y + TITLE.line + below + (index + 1) * LINE.line - 4;
    return `<text class="${line.kind}" x="${round(at.x)}" y="${round(base)}" text-anchor="middle">${escapeXml(shownLine(line))}</text>`;
  });
  const only =
    node.names.length === 1
      ? ` data-${node.kind === 'segment' ? 'segment' : 'machine'}="${escapeXml(node.title)}"`
      : '';
  const mark = isMarked ? ` data-node="${node.id}"` : '';
  const spoken = [`${node.kind} ${node.title}`, ...node.lines.map(shownLine)].join(', ');
  return [
    [
      `<g class="${node.kind}${node.mark === undefined ? '' : ` ${node.mark}`}" role="graphics-symbol img" aria-label="${escapeXml(spoken)}"${only}${mark}>`,
      rect(at, node.kind === 'segment' ? 16 : 3),
      `<text class="title" x="${round(at.x)}" y="${round(y + PADDING.y + TITLE.size)}" text-anchor="middle">${escapeXml(node.title)}</text>`,
      ...(nat > 0 ? [ruleSvg(at, y + PADDING.y + TITLE.line + nat * LINE.line + RULE / 2 + 1)] : []),
      ...lines,
      '</g>',
    ].join(''),
  ];
}

const ruleSvg = (at: Placed, y: number): string => {
  const { x } = corner(at);
  return `<path class="rule" d="M${round(x + PADDING.x)} ${round(y)}H${round(x + at.width - PADDING.x)}"/>`;
};

const corner = ({ x, y, width, height }: Placed): Point => ({ x: x - width / 2, y: y - height / 2 });

function rect(at: Placed, radius: number, name?: string): string {
  const { x, y } = corner(at);
  const known = name === undefined ? '' : ` class="${name}"`;
  return `<rect${known} x="${round(x)}" y="${round(y)}" width="${round(at.width)}" height="${round(at.height)}" rx="${radius}"/>`;
}

function curve([first, ...rest]: readonly Point[]): string {
  if (!first) return '';
  const pair = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;
  return `M${pair(first)}C${rest.map(pair).join(' ')}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
