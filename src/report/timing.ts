/** The time of a command by phase, as text and as data. */
import type { Spent } from '../core/phases.js';
import { columns } from './style.js';

export type Timing = {
  /** Milliseconds, as all of it: from the start of the process. */
  readonly total: number;
  readonly phases: Spent;
  /** The time of an engine, which worked beside the command. */
  readonly engine: Spent;
};

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;
const rounded = (times: Spent): Spent =>
  Object.fromEntries(Object.entries(times).map(([name, value]) => [name, round(value)]));

export const timingOf = (phases: Spent, engine: Spent): Timing => ({
  total: round(Object.values(phases).reduce((sum, one) => sum + one, 0)),
  phases: rounded(phases),
  engine: rounded(engine),
});

export function timingText({ total, phases, engine }: Timing): string {
  const rows = (times: Spent, prefix: string): string[][] =>
    Object.entries(times).map(([name, value]) => [
      `${prefix}${name}`,
      `${value.toFixed(1)} ms`.padStart(WIDTH),
    ]);
  return columns([...rows(phases, ''), ...rows({ total }, ''), ...rows(engine, 'engine: ')]);
}

const WIDTH = 12;
