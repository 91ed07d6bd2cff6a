/** The process that holds a lab, in somebody's hands: this very one, whoever has its pid later. */
import { closeSync } from 'node:fs';
import { failure } from '../../core/errors.js';
import { hasFields } from '../../core/shape.js';
import type { ProcessId } from '../../sys/process.js';
import { bootId, hasInEnvironment, isAlive, isClosed, openProcess, throughFd } from '../../sys/process.js';
import type { Runtime } from '../driver.js';
import { HOLDER_MARK } from './paths.js';
import { hasSignOfLife } from './sign-of-life.js';

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
  const holder = openHere(runtime);
  if (holder === undefined) refuseElsewhere(runtime);
  return holder;
}

function openHere(runtime: NetnsRuntime): Holder | undefined {
  const fd = runtime.bootId === bootId() ? openProcess(runtime.holder) : undefined;
  if (fd === undefined) return undefined;
  const holder = { id: runtime.holder, fd, path: throughFd(fd), [Symbol.dispose]: () => closeSync(fd) };
  // While it is open here the pid may be another's, which is then no holder of this lab.
  if (isHolder(runtime.holder.pid, runtime)) return holder;
  closeSync(fd);
  return undefined;
}

/** @throws LabnetError lab-elsewhere, of a lab that runs and whose holder this command cannot see, or not look into */
export function refuseElsewhere(runtime: NetnsRuntime): void {
  const { bootId: boot, holder, folder } = runtime;
  const isHere = boot === bootId() && isAlive(holder);
  if (isHere && isHolder(holder.pid, runtime)) return;
  // Root of a user namespace sees the processes that hold root's labs.
  if (isHere && isClosed(holder.pid)) throw elsewhere('user namespace');
  refuseAlive(folder, isHere ? ENDING : 0);
}

/** What a holder that is ending has until its lock is dropped, on a computer with too much to do; milliseconds. */
const ENDING = 5_000;

/** The same of a lab whose record cannot be read, and of whose holder nothing is to be seen here. */
export function refuseAlive(folder: string, patience = 0): void {
  if (hasSignOfLife(folder, patience)) throw elsewhere('pid namespace (as of a container)');
}

const elsewhere = (where: string): Error =>
  failure(
    'lab-elsewhere',
    `the lab runs in another ${where} than this command, which cannot reach it`,
    "run it where 'labnet up' was run",
  );

export function liveHolder(runtime: Runtime): Holder {
  const holder = openHolder(readRuntime(runtime));
  if (holder) return holder;
  throw failure(
    'lab-not-found',
    'the process that held the lab is gone, and the lab with it',
    "'labnet up' brings it up again",
  );
}
