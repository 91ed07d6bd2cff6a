/** A series over time, and when steps began beside it. */
import { escapeXml } from '../../core/xml.js';
import { scaleOf } from './scale.js';

export type Points = {
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** When there was none: the line has a gap there. */
  readonly missing?: readonly number[];
};
/** `until`: of a step that waited. */
export type Mark = { readonly time: number; readonly until?: number; readonly text: string };

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [760, 240, 64, 24, 14, 48];
/** More than the drawing has columns say no more. */
const MOST = 1_500;
const MOST_MARKS = 40;

/** @param times in milliseconds since the run began */
export function seriesPlot(title: string, unit: string, points: Points, marks: readonly Mark[]): string {
  const { times, missing = [] } = points;
  const seconds = [...times, ...missing].map((time) => time / 1_000);
  const x = scaleOf(
    [...seconds, ...marks.map(({ time, until = time }) => until / 1_000)],
    LEFT,
    WIDTH - RIGHT,
    10,
  );
  const y = scaleOf(points.values, HEIGHT - BOTTOM, TOP, 5);
  // One alone is a dot, which takes a line's two ends.
  const shown = partsOf(thinned(points), missing).map((part) =>
    (part.length === 1 ? [...part, ...part] : part)
      .map(({ time, value }) => `${x.place(time / 1_000)},${y.place(value)}`)
      .join(' '),
  );
  const floor = HEIGHT - BOTTOM;
  const rows = y.ticks.map(
    ({ at, text }) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text class="tick" x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${text}</text>`,
  );
  const columns = x.ticks.map(
    ({ at, text }) => `<text class="tick" x="${at}" y="${floor + 16}" text-anchor="middle">${text}</text>`,
  );
  const lines = marks.slice(0, MOST_MARKS).map(({ time, until = time, text }) => {
    const [at, end] = [x.place(time / 1_000), x.place(until / 1_000)];
    const wait = end > at ? `<rect x="${at}" y="${TOP}" width="${end - at}" height="${floor - TOP}"/>` : '';
    return `<g class="mark-line"><title>${escapeXml(`${(time / 1_000).toFixed(3)} s: ${text}`)}</title>${wait}<line x1="${at}" x2="${at}" y1="${TOP}" y2="${floor}"/></g>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(`${title} over time`)}">
${rows.join('')}${columns.join('')}${lines.join('')}
${shown.map((part) => `<polyline class="series" points="${part}"/>`).join('')}${lostMarks(missing, x.place, floor)}
<text class="name" x="${LEFT}" y="${TOP - 3}">${escapeXml(unit)}</text><text class="name" x="${(LEFT + WIDTH) / 2}" y="${floor + 36}" text-anchor="middle">seconds since the run began</text></svg>`;
}

type Point = { readonly time: number; readonly value: number };

/** What is between two times without a value. */
function partsOf(points: readonly Point[], missing: readonly number[]): Point[][] {
  const gaps = missing.toSorted((a, b) => a - b);
  const parts: Point[][] = [];
  let gap = 0;
  for (const point of points) {
    const before = gap;
    while ((gaps[gap] ?? Infinity) < point.time) gap++;
    const last = parts.at(-1);
    if (last && gap === before) last.push(point);
    else parts.push([point]);
  }
  return parts;
}

/** A short line for each, on the axis; of several in one place one. */
function lostMarks(missing: readonly number[], place: (seconds: number) => number, floor: number): string {
  const columns = new Set(missing.map((time) => Math.round(place(time / 1_000))));
  if (columns.size === 0) return '';
  return `<path class="lost" d="${[...columns].map((at) => `M${at} ${floor}v-8`).join('')}"/>`;
}

/** Of each of equal spans of time the least and the most, so that no peak is lost. */
function thinned({ times, values }: Points): Point[] {
  const all = times
    .map((time, index) => ({ time, value: values[index] ?? 0 }))
    .sort((a, b) => a.time - b.time);
  if (all.length <= MOST) return all;
  const size = Math.ceil((2 * all.length) / MOST);
  const kept: Point[] = [];
  for (let at = 0; at < all.length; at += size) {
    const some = all.slice(at, at + size).sort((a, b) => a.value - b.value);
    const [low, high] = [some[0], some.at(-1)];
    kept.push(...[low, high].flatMap((one) => one ?? []).sort((a, b) => a.time - b.time));
  }
  return kept;
}
