/** How large a node is drawn, in pixels, as far as that can be told without the reader's fonts: rather too wide. */
import type { GraphLine, GraphNode } from './graph.js';

export type Size = { readonly width: number; readonly height: number };

export const TITLE = { size: 14, line: 19 } as const;
export const LINE = { size: 12, line: 16 } as const;
export const PADDING = { x: 12, y: 9 } as const;
/** Between addresses and NAT. */
export const RULE = 8;
const NARROWEST = 72;

/** Of a fixed-width font: 0.6 in all that are usual, and what it lacks may come from a wider one. */
const MONO = 0.61;

const widthOf = (text: string): number =>
  Array.from(text, (one) => (/[\u0000-\u00ff–]/.test(one) ? MONO : 1)).reduce((a, b) => a + b, 0);

/** Of a bold sans-serif one, such as DejaVu Sans, the widest of the usual. */
function boldWidth(text: string): number {
  return Array.from(text, (one) =>
    /[mwMW@%…]/.test(one) ? 1.08 : /[A-Z]/.test(one) ? 0.82 : /[ijlft .,'-]/.test(one) ? 0.46 : 0.73,
  ).reduce((a, b) => a + b, 0);
}

export const shownLine = ({ kind, text }: GraphLine): string =>
  kind === 'gateway' ? `${text} gateway` : text;

export const firstNat = (lines: readonly GraphLine[]): number =>
  lines.findIndex(({ kind }) => kind === 'nat');

export function sizeOf({ title, lines }: Pick<GraphNode, 'title' | 'lines'>): Size {
  const widths = [
    boldWidth(title) * TITLE.size,
    ...lines.map((line) => widthOf(shownLine(line)) * LINE.size),
  ];
  const rule = firstNat(lines) > 0 ? RULE : 0;
  return {
    width: Math.ceil(Math.max(NARROWEST, ...widths)) + 2 * PADDING.x,
    height: TITLE.line + lines.length * LINE.line + rule + 2 * PADDING.y,
  };
}

export const boxTitleWidth = (title: string): number => Math.ceil(widthOf(title) * LINE.size) + 2 * PADDING.x;
