/**
 * Limits the effort for one file. Counts and entries multiply: a hundred bytes can ask for more interfaces, mappings or
 * routes than fit into memory.
 */
import type { Path } from '../topology/source.js';
import type { Report } from './draft.js';
import { Enough } from './findings.js';

/** In units of one look-up, of which a computer makes some millions a second; objects that are made cost more. */
export const EFFORT = {
  most: 6_000_000,
  interface: 100,
  mapping: 50,
  check: 20,
  inside: 5,
  route: 4,
  writtenRoute: 100,
  pair: 3,
} as const;

/** @throws Enough where the limit is exceeded */
export type Spend = (effort: number, path: Path) => void;

export function spending(report: Report): Spend {
  let spent = 0;
  return (effort, path) => {
    spent += effort;
    if (spent <= EFFORT.most) return;
    const message =
      'all that is written up to here means more than labnet works out: counts and entries multiply';
    report('too-many-machines', message, path, { fix: 'lower the counts, or write fewer entries' });
    throw new Enough();
  };
}
