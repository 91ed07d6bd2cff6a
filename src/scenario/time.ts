/** Times as people write them. */
import type { Milliseconds } from '../core/command.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `250ms`, `10s`, `1.5m`, `2h`, or a number of seconds; undefined for anything else. Negative times are accepted here. */
export function readTime(written: string | number): Milliseconds | undefined {
  if (typeof written === 'number') return Number.isFinite(written) ? Math.round(written * 1_000) : undefined;
  const [, number, unit = 's'] = /^\s*(-?\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h)?\s*$/.exec(written) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * (UNITS[unit] ?? 1));
}

/** `1.5 s`, `250 ms`: for lists and messages. */
export const timeText = (time: Milliseconds): string =>
  time !== 0 && Math.abs(time) < 1_000 ? `${Math.round(time)} ms` : `${Number((time / 1_000).toFixed(3))} s`;
