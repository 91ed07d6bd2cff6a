/** Box plots (J. Tukey: Exploratory Data Analysis, 1977): the middle half as a box, its median, and whiskers from least to most. */
import { escapeXml } from '../../core/xml.js';
import type { Spread } from '../../scenario/summary.js';
import { scaleOf } from './scale.js';

export type Box = { readonly label: string; readonly spread: Spread };

const [WIDTH, ROW, TOP, BOTTOM] = [760, 30, 8, 44];
/** Of a letter, about. */
const LETTER = 7.2;

/** @param unit of the values, for the axis */
export function boxPlot(title: string, unit: string, boxes: readonly Box[]): string {
  const left = Math.min(400, 16 + LETTER * Math.max(...boxes.map(({ label }) => label.length), 1));
  const { place, ticks } = scaleOf(
    boxes.flatMap(({ spread }) => [spread.min, spread.max]),
    left,
    WIDTH - 24,
  );
  const height = TOP + boxes.length * ROW + BOTTOM;
  const floor = height - BOTTOM;
  const axis = ticks.map(
    ({ at, text }) =>
      `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${floor}"/><text class="tick" x="${at}" y="${floor + 16}" text-anchor="middle">${text}</text>`,
  );
  const rows = boxes.map(({ label, spread }, index) =>
    rowOf(label, unit, spread, TOP + index * ROW + ROW / 2, left, place),
  );
  const name = unit === '' ? title : `${title}, ${unit}`;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(`${name}: box plot`)}">
${axis.join('')}
${rows.join('\n')}
<text class="name" x="${(left + WIDTH) / 2}" y="${floor + 36}" text-anchor="middle">${escapeXml(name)}</text></svg>`;
}

function rowOf(
  label: string,
  unit: string,
  { median, q1, q3, min, max, n }: Spread,
  y: number,
  left: number,
  place: (value: number) => number,
): string {
  const [a, b, c, d, e] = [min, q1, median, q3, max].map(place) as [number, number, number, number, number];
  const said = `${label || 'all runs'}: median ${median} ${unit}, half of ${n} between ${q1} and ${q3}, all between ${min} and ${max}`;
  return `<g><title>${escapeXml(said)}</title><text class="label" x="${left - 10}" y="${y + 4}" text-anchor="end">${escapeXml(label)}</text>
<line class="whisker" x1="${a}" x2="${e}" y1="${y}" y2="${y}"/><line class="whisker" x1="${a}" x2="${a}" y1="${y - 5}" y2="${y + 5}"/><line class="whisker" x1="${e}" x2="${e}" y1="${y - 5}" y2="${y + 5}"/>
<rect class="box" x="${b}" y="${y - 9}" width="${Math.max(1, d - b)}" height="18"/><line class="median" x1="${c}" x2="${c}" y1="${y - 9}" y2="${y + 9}"/></g>`;
}
