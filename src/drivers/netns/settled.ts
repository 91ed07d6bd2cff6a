/** Whether a lab's holder has had its word and sleeps (engine/holder.ts), and who is still at work on a lab. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessId } from '../../sys/process.js';
import { findByEnvironment, kill } from '../../sys/process.js';
import { CHANGE_MARK } from './paths.js';

/** From its word to its sleep it takes some milliseconds; more where much else is going on. */
const PATIENCE = 1_000;
const RETRY = 5;

/** Waits for a moment where it may be about to fall asleep. False where it does not, or is gone. */
export async function isSettled({ pid }: ProcessId): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE; waited += RETRY) {
    const program = programOf(pid);
    if (program === '') return false;
    if (program === 'sleep') return true;
    await sleep(RETRY);
  }
  return false;
}

function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

export const changeOf = ({ pid, startTime }: ProcessId): string => `${pid}.${startTime}`;

/** Each may be starting another while the others are ended. */
const ROUNDS = 20;

/** Ends whoever is left of a change whose command was killed, and would go on with it. To be called under the lab's lock. */
export async function endStragglers(holder: ProcessId, own: number | undefined): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const found = findByEnvironment(CHANGE_MARK, changeOf(holder)).filter(({ pid }) => pid !== own);
    if (found.length === 0) return;
    await Promise.all(found.map((one) => kill(one)));
  }
}
