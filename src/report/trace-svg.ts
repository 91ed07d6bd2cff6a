/**
 * A trace as a picture: the way there on the left from top to bottom, the way back on the right from bottom to top, so that
 * a machine that is on both has its two boxes side by side. Text that can be read out and searched, in light and dark.
 */
import type { TraceHop, TraceLeg, TraceResult, TracedAt, Translation } from '../apply/trace/result.js';
import { LINE, PADDING, sizeOf, TITLE } from '../render/graph/metrics.js';
import { styleSheet } from '../render/graph/palette.js';
import { escapeXml } from '../core/xml.js';
import { headText, packetText, verdictText } from './trace.js';

const MARGIN = 16;
/** Between two boxes: the wire, and what is on it. */
const WIRE = 46;
const BETWEEN = 48;
const NARROWEST = 190;
/** Letters of a line of the verdict. */
const LETTER = LINE.size * 0.61;

const EXTRA = `.labnet-graph text{font:${LINE.size}px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}
.labnet-graph .title{font:bold ${TITLE.size}px system-ui,'DejaVu Sans',Helvetica,Arial,sans-serif}
.labnet-graph .link{fill:none;stroke-width:1.6}
.labnet-graph rect{stroke-width:1.5}
.labnet-graph .bad{fill:#a4161a}
.labnet-graph .good{fill:#1c5a2c}
.labnet-graph .stop{fill:none;stroke:#c62828;stroke-width:3}
@media (prefers-color-scheme:dark){
.labnet-graph .bad{fill:#ff9a92}
.labnet-graph .good{fill:#7ee092}
.labnet-graph .stop{stroke:#ff7a70}
}`;

type Box = { readonly hop: TraceHop; readonly lines: readonly Line[]; readonly isEnd: boolean };
type Line = { readonly text: string; readonly kind: 'nat' | 'more'; readonly about?: string };

export function traceSvg(result: TraceResult): string {
  const legs = [boxesOf(result.there), boxesOf(result.back)] as const;
  const rows = Math.max(...legs.map(({ length }) => length));
  const widths = legs.map((boxes) => Math.max(NARROWEST, ...boxes.map(widthOf)));
  const heights = Array.from({ length: rows }, (_, row) =>
    Math.max(...legs.map((boxes, side) => heightOf(boxAt(boxes, row, rows, side)))),
  );
  const hasBack = legs[1].length > 0;
  const width = MARGIN * 2 + (widths[0] ?? 0) + (hasBack ? BETWEEN + (widths[1] ?? 0) : 0);
  const words = wrapped(result, Math.max(40, Math.floor((width - 2 * MARGIN) / LETTER)));
  const top = MARGIN + TITLE.line + 12;
  const tops = heights.map((_, row) => top + heights.slice(0, row).reduce((sum, one) => sum + one + WIRE, 0));
  const end = (tops.at(-1) ?? top) + (heights.at(-1) ?? 0) + 24;
  const total = end + words.length * LINE.line + MARGIN;
  const places = { rows, tops, heights };
  return [
    opening(result, width, total),
    `<text class="title" x="${MARGIN}" y="${MARGIN + TITLE.size}">${escapeXml(headText(result))}</text>`,
    ...legSvg(legs[0], { ...places, side: 0, x: MARGIN, width: widths[0] ?? 0 }, isStopped(result, 'there')),
    ...(hasBack
      ? legSvg(
          legs[1],
          { ...places, side: 1, x: MARGIN + (widths[0] ?? 0) + BETWEEN, width: widths[1] ?? 0 },
          isStopped(result, 'back'),
        )
      : []),
    ...words.map(
      ({ text, kind }, index) =>
        `<text class="${kind}" x="${MARGIN}" y="${end + (index + 1) * LINE.line - 4}">${escapeXml(text)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function opening(result: TraceResult, width: number, height: number): string {
  const id = escapeXml(`labnet-trace-${result.from}`);
  const spoken = [...result.there.hops, ...result.back.hops].map(({ machine }) => machine).join(', ');
  const desc = `${verdictText(result)}. The way: ${spoken}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="labnet-graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="graphics-document document" aria-labelledby="${id}-title" aria-describedby="${id}-desc">
<title id="${id}-title">${escapeXml(headText(result))}</title>
<desc id="${id}-desc">${escapeXml(desc)}</desc>
<style>
${styleSheet(EXTRA, false)}
</style>
<rect class="ground" width="${width}" height="${height}"/>`;
}

const isStopped = ({ answered, cause }: TraceResult, leg: 'there' | 'back'): boolean =>
  !answered && cause?.leg === leg;

const boxesOf = ({ hops }: TraceLeg): Box[] =>
  hops.map((hop, index) => ({ hop, lines: linesOf(hop), isEnd: index === hops.length - 1 }));

const linesOf = ({ translations }: TraceHop): Line[] => translations.flatMap(translationLines);

function translationLines({ field, before, after, rule }: Translation): Line[] {
  const by = rule?.at
    ? `${rule.at.file}:${rule.at.line}`
    : rule
      ? `${rule.table} ${rule.chain}`
      : 'connection tracking';
  return [
    { text: `${field} ${before}`, kind: 'nat' },
    { text: `→ ${after}`, kind: 'nat' },
    { text: `by ${by}`, kind: 'more', ...(rule && { about: rule.text }) },
  ];
}

/** The way back is drawn from the bottom. */
const boxAt = (boxes: readonly Box[], row: number, rows: number, side: number): Box | undefined =>
  boxes[side === 0 ? row : rows - 1 - row];

const sizeOfBox = ({ hop, lines }: Box) =>
  sizeOf({ title: hop.machine, lines: lines.map(({ text }) => ({ kind: 'nat', text })) });

const widthOf = (box: Box): number => {
  const wires = [box.hop.in, box.hop.out].flatMap((at) =>
    at ? [wireText(at), at.segment ?? at.interface] : [],
  );
  return Math.max(sizeOfBox(box).width, ...wires.map((text) => Math.ceil(text.length * LETTER) + 28));
};

const heightOf = (box: Box | undefined): number => (box ? sizeOfBox(box).height : 0);

const wireText = ({ packet }: TracedAt): string => packetText(packet);

type Column = {
  readonly side: 0 | 1;
  readonly x: number;
  readonly width: number;
  readonly rows: number;
  readonly tops: readonly number[];
  readonly heights: readonly number[];
};

function legSvg(boxes: readonly Box[], column: Column, isLost: boolean): string[] {
  return boxes.flatMap((box, index) => {
    const row = column.side === 0 ? index : column.rows - 1 - index;
    return [boxSvg(box, row, column), ...wireSvg(box, row, column, isLost && box.isEnd)];
  });
}

function boxSvg({ hop, lines }: Box, row: number, { x, width, tops, heights }: Column): string {
  const [y = 0, height = 0] = [tops[row], heights[row]];
  const isRouter = hop.in !== undefined && hop.out !== undefined;
  const spoken = [hop.machine, ...lines.map(({ text }) => text)].join(', ');
  const texts = lines.map(({ text, kind, about }, index) => {
    const tip = about === undefined ? '' : `<title>${escapeXml(about)}</title>`;
    const base = y + PADDING.y + TITLE.line + (index + 1) * LINE.line - 4;
    return `<text class="${kind}" x="${x + PADDING.x}" y="${base}">${escapeXml(text)}${tip}</text>`;
  });
  return [
    `<g class="${isRouter ? 'router' : 'host'}" role="graphics-symbol img" aria-label="${escapeXml(spoken)}" data-machine="${escapeXml(hop.machine)}">`,
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>`,
    `<text class="title" x="${x + PADDING.x}" y="${y + PADDING.y + TITLE.size}">${escapeXml(hop.machine)}</text>`,
    ...texts,
    '</g>',
  ].join('');
}

/** What leaves a box: down on the way there, up on the way back; a cross where it ends without being kept. */
function wireSvg({ hop }: Box, row: number, column: Column, isLost: boolean): string[] {
  const { side, x, tops, heights, rows } = column;
  const [y = 0, height = 0] = [tops[row], heights[row]];
  const at = x + PADDING.x + 4;
  const from = side === 0 ? y + height : y;
  const to = side === 0 ? from + WIRE - 2 : from - WIRE + 2;
  const hasRoom = side === 0 ? row < rows - 1 : row > 0;
  if (isLost) return [crossSvg(x + column.width - 16, y + 16)];
  if (!hop.out || !hasRoom) return [];
  const tip = side === 0 ? -7 : 7;
  const middle = Math.min(from, to) + WIRE / 2;
  return [
    `<path class="link" d="M${at} ${from}V${to}M${at - 5} ${to + tip}L${at} ${to}L${at + 5} ${to + tip}"/>`,
    `<text class="label" x="${at + 12}" y="${middle - 3}">${escapeXml(hop.out.segment ?? hop.out.interface)}</text>`,
    `<text x="${at + 12}" y="${middle + 12}">${escapeXml(wireText(hop.out))}</text>`,
  ];
}

const crossSvg = (x: number, y: number): string =>
  `<path class="stop" d="M${x - 7} ${y - 7}L${x + 7} ${y + 7}M${x + 7} ${y - 7}L${x - 7} ${y + 7}"/>`;

type Word = { readonly text: string; readonly kind: 'good' | 'bad' | 'more' };

function wrapped(result: TraceResult, letters: number): Word[] {
  const { answered, cause, unexpected } = result;
  const say = (text: string, kind: Word['kind']): Word[] =>
    linesIn(text, letters).map((line) => ({ text: line, kind }));
  return [
    ...say(verdictText(result), answered && !cause ? 'good' : 'bad'),
    ...(cause?.fix === undefined ? [] : say(`fix: ${cause.fix}`, 'more')),
    ...unexpected.flatMap((text) => say(`not as the topology has it: ${text}`, 'bad')),
  ];
}

function linesIn(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').flatMap((one) => one.match(new RegExp(`.{1,${letters}}`, 'gu')) ?? [])) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
