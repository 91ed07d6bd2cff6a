/** An advisory lock on an open file (flock(2)): the kernel drops it with the last process that has that file open. */
import { attempt, call, lastError } from './libc.js';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Whether the lock was free and is now held through this file descriptor. */
export const tryLock = (fd: number): boolean => tryAs(fd, LOCK_EX);

/** Whether somebody else holds the lock. Processes that only ask do not see each other. */
export const isLocked = (fd: number): boolean => !tryAs(fd, LOCK_SH);

function tryAs(fd: number, kind: number): boolean {
  if (attempt('flock', fd, kind | LOCK_NB) === 0) return true;
  if (lastError() === 'EAGAIN') return false;
  call('flock', fd, kind | LOCK_NB);
  return true;
}
