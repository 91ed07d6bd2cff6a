/**
 * A lock that a lab's holder holds as long as it lives, on a file in the folder of the lab's record: by it a lab is known to
 * run by who cannot see its holder, as in another pid namespace (pid_namespaces(7)). The kernel drops it with the holder.
 */
import { closeSync, constants, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { monotonic } from '../../core/monotonic.js';
import { isLocked, tryLock } from '../../sys/flock.js';

const fileIn = (folder: string): string => join(folder, 'holder.lock');
/** Of the engine that makes the lab, alone: one of an `up` that was killed may still be at it. */
const early = (folder: string, engine: number): string => join(folder, `holder-${engine}.new`);

/** Not for writing: a file system that somebody has such a file open on cannot be made read-only (mount(2), EBUSY). */
const FLAGS = constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * To be called by the engine, before it is in the lab's namespaces.
 * @returns an open file, locked: for the holder to inherit, and to be closed then
 */
export function openSignOfLife(folder: string): number {
  const fd = openSync(early(folder, process.pid), FLAGS, 0o600);
  try {
    tryLock(fd);
  } catch {
    // A file system without such locks, or with others (NFS): from elsewhere that lab is not seen, as none was.
  }
  return fd;
}

/** From here on the lock is the lab's: when it is recorded, and before it lives. */
export const showSignOfLife = (folder: string, engine: number): void =>
  renameSync(early(folder, engine), fileIn(folder));

const RETRY = 5;

/**
 * Whether the lab recorded in this folder has a holder that lives, here or elsewhere.
 * @param patience milliseconds that a holder has to end which is seen to: its memory goes before its files (exit(2))
 */
export function hasSignOfLife(folder: string, patience = 0): boolean {
  const fd = openIfThere(fileIn(folder));
  if (fd === undefined) return false;
  try {
    const end = monotonic() + patience;
    while (isLocked(fd)) {
      if (monotonic() >= end) return true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY);
    }
    return false;
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
