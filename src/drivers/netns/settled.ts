/** Whether a lab's holder has had its word and sleeps (engine/holder.ts), and who is still at work on a lab. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic } from '../../core/monotonic.js';
import type { ProcessId } from '../../sys/process.js';
import { findByEnvironment, isEnding, kill, startTimeOf } from '../../sys/process.js';
import { CHANGE_MARK } from './paths.js';

/** From its word to its sleep it takes some milliseconds; seconds where the computer is overloaded. */
const PATIENCE = 10_000;
const RETRY = 5;

/** Waits for a moment where it may be about to fall asleep, or to be gone. False where it does not, or is. */
export async function isSettled({ pid }: ProcessId): Promise<boolean> {
  for (const end = monotonic() + PATIENCE; monotonic() < end;) {
    const state = stateOf(pid);
    if (state === 'gone') return false;
    if (state === 'asleep') return true;
    await sleep(RETRY);
  }
  return false;
}

type State = 'gone' | 'asleep' | 'between';

function stateOf(pid: number): State {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    return name === 'sleep' && !isEnding(pid) ? 'asleep' : 'between';
  } catch {
    return 'gone';
  }
}

export const changeOf = ({ pid, startTime }: ProcessId): string => `${pid}.${startTime}`;

/** A holder is gone when all in its lab are, which takes who started them to notice. */
const HOLDER_PATIENCE = 1_000;

/**
 * @param isMeant asked while nobody else can have its pid
 * @returns false where it was gone already
 */
export async function endHolder(holder: ProcessId, isMeant?: (pid: number) => boolean): Promise<boolean> {
  try {
    return await kill(holder, isMeant, HOLDER_PATIENCE);
  } catch {
    // An engine whose command was killed, and that has not noticed yet.
    await endStragglers(holder, undefined);
    const maker = parentOf(holder.pid);
    if (maker) await kill(maker);
    return await kill(holder, isMeant);
  }
}

/** The engine that has started it, where that is a process of its own. */
function parentOf(pid: number): ProcessId | undefined {
  try {
    const [, parent = ''] = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    const isEngine = readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes('/engine/start.js');
    const startTime = isEngine ? startTimeOf(Number(parent)) : undefined;
    return startTime === undefined ? undefined : { pid: Number(parent), startTime };
  } catch {
    return undefined;
  }
}

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
