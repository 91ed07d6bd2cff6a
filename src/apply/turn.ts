/** Waits for the turn at a lab that another labnet is working on. */
import type { Emit } from '../core/events.js';
import type { Lock } from '../state/lock.js';
import { lockLab } from '../state/lock.js';
import type { Records } from '../state/record.js';

/** For how long one that shows no sign of being at work is waited for, in milliseconds; one that does, until it is done. */
const WAIT = 10_000;

export const lockInTurn = (
  { root }: Records,
  name: string,
  emit: Emit,
  signal?: AbortSignal,
): Promise<Lock> =>
  lockLab(root, name, WAIT, { tell: (who) => emit({ kind: 'waiting', lab: name, who }), signal });
