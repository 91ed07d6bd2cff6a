/** Combines the dialogues of all checks, and divides the outcomes between the checks. */
import { randomInt } from 'node:crypto';
import type { Dialogue, DialogueOutcome } from '../../core/dialogue.js';
import type { Check } from '../check.js';
import type { Talked } from './observe.js';
import type { NextPort } from './talks.js';

export type PlannedTalks = {
  readonly dialogues: readonly Dialogue[];
  readonly talkedIn: (outcomes: readonly DialogueOutcome[]) => (check: number, index: number) => Talked;
};

export function planTalks(checks: readonly Check[]): PlannedTalks {
  const next = portAllocator();
  const dialogues: Dialogue[] = [];
  const first = checks.map(({ talk }) => {
    const start = dialogues.length;
    dialogues.push(...(talk?.(next) ?? []));
    return start;
  });
  return {
    dialogues,
    talkedIn: (outcomes) => (check, index) => {
      const at = (first[check] ?? 0) + index;
      const dialogue = dialogues[at] ?? { name: 'nothing', sockets: [], steps: [] };
      return { dialogue, outcome: outcomes[at] ?? { steps: [], error: 'not held' } };
    },
  };
}

/** Below the kernel's own range (ip_local_port_range). Each run starts elsewhere, as NATs remember ports. */
const LOWEST = 10_000;
const HIGHEST = 32_000;

/** Gives out successive ports, each free at all the given machines. */
export function portAllocator(start = randomInt(LOWEST, HIGHEST)): NextPort {
  const used = new Map<string, number>();
  return (...machines) => {
    const offset = Math.max(...machines.map((machine) => used.get(machine) ?? 0));
    for (const machine of machines) used.set(machine, offset + 1);
    return LOWEST + ((start - LOWEST + offset) % (HIGHEST - LOWEST));
  };
}
