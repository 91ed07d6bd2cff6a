/** The process that holds a lab, in somebody's hands: this very one, whoever has its pid later. */
import { closeSync } from 'node:fs';
import { failure } from '../../core/errors.js';
import { hasFields } from '../../core/shape.js';
import type { ProcessId } from '../../sys/process.js';
import { bootId, hasInEnvironment, isAlive, isClosed, openProcess, throughFd } from '../../sys/process.js';
import type { Runtime } from '../driver.js';
import { HOLDER_MARK } from './paths.js';

export type NetnsRuntime = {
  /** Pids start anew with the machine. */
  readonly bootId: string;
  readonly holder: ProcessId;
  /** Of the lab's record: what the holder has in its environment. */
  readonly folder: string;
};

export type Holder = Disposable & {
  readonly id: ProcessId;
  /** Open on its folder in /proc. */
  readonly fd: number;
  /** That folder's path, for this process. */
  readonly path: string;
};

/** @throws LabnetError state-unreadable */
export function readRuntime(runtime: Runtime): NetnsRuntime {
  const { bootId: boot, holder, folder } = (runtime ?? {}) as Partial<NetnsRuntime>;
  const isWhole = typeof boot === 'string' && typeof folder === 'string';
  if (isWhole && hasFields(holder, { pid: 'number', startTime: 'string' }) && isPid(holder.pid)) {
    return { bootId: boot, holder, folder };
  }
  throw failure(
    'state-unreadable',
    'the record of the lab does not say which process holds it',
    "take it down: 'labnet down NAME'",
  );
}

const isPid = (pid: number): boolean => Number.isSafeInteger(pid) && pid > 1;

/** A process that a record names and that holds no lab, or another one, is no holder: whatever the record says. */
export const isHolder = (pid: number, { folder }: NetnsRuntime): boolean =>
  hasInEnvironment(pid, HOLDER_MARK, folder);

/**
 * @returns undefined where it is gone, and the lab with it
 * @throws LabnetError lab-elsewhere where that cannot be seen from here
 */
export function openHolder(runtime: NetnsRuntime): Holder | undefined {
  if (runtime.bootId !== bootId()) return undefined;
  const fd = openProcess(runtime.holder);
  if (fd === undefined) return undefined;
  const holder = { id: runtime.holder, fd, path: throughFd(fd), [Symbol.dispose]: () => closeSync(fd) };
  // While it is open here the pid may be another's, which is then no holder of this lab.
  if (isHolder(runtime.holder.pid, runtime)) return holder;
  closeSync(fd);
  refuseElsewhere(runtime);
  return undefined;
}

/** Root of a user namespace sees the processes that hold root's labs, and may not look into them. */
export function refuseElsewhere({ holder }: NetnsRuntime): void {
  if (!isAlive(holder) || !isClosed(holder.pid)) return;
  throw failure(
    'lab-elsewhere',
    'the lab runs in another user namespace than this command, which cannot reach it',
    "run it where 'labnet up' was run",
  );
}

export function liveHolder(runtime: Runtime): Holder {
  const holder = openHolder(readRuntime(runtime));
  if (holder) return holder;
  throw failure(
    'lab-not-found',
    'the process that held the lab is gone, and the lab with it',
    "'labnet up' brings it up again",
  );
}
