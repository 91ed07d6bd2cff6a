/** An advisory lock on an open file (flock(2)): the kernel drops it with the process, however that ends. */
import { attempt, call, lastError } from './libc.js';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Whether the lock was free and is now held through this file descriptor. */
export function tryLock(fd: number): boolean {
  if (attempt('flock', fd, LOCK_EX | LOCK_NB) === 0) return true;
  if (lastError() === 'EAGAIN') return false;
  call('flock', fd, LOCK_EX | LOCK_NB);
  return true;
}
