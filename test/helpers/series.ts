/** The CSV of a scenario's series of pings, and the outages in it. */
import { spreadOf } from '../../src/scenario/summary.js';

export type Row = { readonly time: number; readonly sequence: number; readonly rtt: number | undefined };
export type Outage = { readonly from: number; readonly to: number; readonly packets: number };

export function readSeries(csv: string): Row[] {
  const [, ...lines] = csv.trimEnd().split('\n');
  return lines.map((line) => {
    const [time = '', sequence = '', rtt = ''] = line.split(',');
    return { time: Number(time), sequence: Number(sequence), rtt: rtt === '' ? undefined : Number(rtt) };
  });
}

/** Rows that were sent from one time to another, in milliseconds of the run. */
export const between = (rows: readonly Row[], from: number, to: number): Row[] =>
  rows.filter(({ time }) => time >= from && time < to);

/** Of round trips; NaN where there was none. */
export const medianOf = (rows: readonly Row[]): number =>
  spreadOf(rows.flatMap(({ rtt }) => rtt ?? [])).median;

/** Shares from 0 to 1. */
export const lossOf = (rows: readonly Row[]): number =>
  rows.filter(({ rtt }) => rtt === undefined).length / rows.length;

/** The longest time without an answer. */
export function longestOutage(rows: readonly Row[]): Outage | undefined {
  let longest: Outage | undefined;
  let current: Outage | undefined;
  for (const { time, rtt } of rows) {
    if (rtt !== undefined) current = undefined;
    else current = { from: current?.from ?? time, to: time, packets: (current?.packets ?? 0) + 1 };
    if (current && current.packets > (longest?.packets ?? 0)) longest = current;
  }
  return longest;
}
