/** What a run of kills has tried, as a table: pure. */
import type { Kill, Verdict } from './judge.js';

export type Entry = Verdict & {
  readonly driver: string;
  readonly who: string;
  /** Points that the command came to without a kill. */
  readonly of: number;
  /** Milliseconds, with what comes before and after the kill. */
  readonly took: number;
};

/** Tells one kill from any other. */
export const keyOf = ({ driver, who, scene, mode, at }: Kill & { driver: string; who: string }): string =>
  [driver, who, scene, mode, at].join(' ');

/** So many of the points 1 … count, in the middle of parts of the same length; with another phase those between. */
export const spread = (count: number, samples: number, phase = 0.5): number[] => [
  ...new Set(
    Array.from({ length: Math.min(count, samples) }, (_, index) =>
      Math.min(count, 1 + Math.floor(((index + phase) * count) / Math.min(count, samples))),
    ),
  ),
];

/** A line for each command that was killed: the points there are, the kills at them, and those with faults. */
export function tableOf(entries: readonly Entry[]): string[] {
  const rows = new Map<string, Entry[]>();
  for (const entry of entries.filter(({ end }) => end !== 'past')) {
    const name = `${entry.driver} ${entry.who} ${entry.scene}`;
    rows.set(name, [...(rows.get(name) ?? []), entry]);
  }
  return [...rows].map(([name, row]) => {
    const points = Math.max(...row.map(({ of }) => of));
    const faulty = row.filter(({ faults }) => faults.length > 0).length;
    const took = row.reduce((sum, one) => sum + one.took, 0) / row.length / 1000;
    return `${name.padEnd(20)} ${points} points, ${new Set(row.map(({ at }) => at)).size} of them tried, ${row.length} kills, ${faulty} faults, ${took.toFixed(1)} s each`;
  });
}
