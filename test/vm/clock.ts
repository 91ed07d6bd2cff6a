/** What a long test tells of itself while it runs. */
import type { ExecutionContext } from 'ava';

export type Say = (text: string) => void;

/** Logs texts with the seconds since it was made. */
export function clocked(t: ExecutionContext): Say {
  const started = performance.now();
  return (text) => t.log(`${((performance.now() - started) / 1000).toFixed(1)} s: ${text}`);
}
