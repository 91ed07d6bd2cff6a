/** One labnet at a time works on a lab: a lock file held by the kernel, so that it never outlives its holder. */
import { closeSync, constants, fstatSync, ftruncateSync, futimesSync, openSync } from 'node:fs';
import { readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../core/errors.js';
import { monotonic } from '../core/monotonic.js';
import { tryLock } from '../sys/flock.js';
import type { Holding } from './holding.js';
import { holdingOf, isLockText, isSeen, nameOf } from './holding.js';
import { leaveStateRoot, makeStateRoot } from './root.js';

export type Lock = { readonly release: () => void };

/** Options for waiting. */
export type Waiting = {
  /** Called once, after a moment of waiting, with the process that holds the lock. */
  readonly tell?: (who: string) => void;
  readonly signal?: AbortSignal | undefined;
};

/** How often the holder of a lock is checked for signs of work, in milliseconds. */
const BEAT = 1_000;
const RETRY = 20;
const TELL_AFTER = 1_000;
/** However much goes on: an `up` of virtual machines has its time. */
const LONGEST = 3_600_000;
const MOST_TRIES = 20;
/** Follows no symbolic link, and does not block on a pipe that somebody put in its place. */
const FLAGS =
  constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * @param wait for how long another labnet that shows no sign of being at work is waited for, in milliseconds
 * @throws LabnetError lab-locked, naming who holds it; not-yours
 */
export async function lockLab(root: string, name: string, wait = 0, waiting: Waiting = {}): Promise<Lock> {
  const path = join(root, `${name}.lock`);
  const started = monotonic();
  let seen: Holding | undefined;
  let since = started;
  let isTold = waiting.tell === undefined;
  for (;;) {
    const lock = attemptLock(root, path);
    if (lock) return lock;
    waiting.signal?.throwIfAborted();
    const holding = holdingOf(path);
    const now = monotonic();
    if (holding.sign !== seen?.sign) [seen, since] = [holding, now];
    if (now - since >= wait || now - started >= LONGEST) throw held(name, holding, path);
    if (!isTold && now - started >= TELL_AFTER) {
      isTold = true;
      waiting.tell?.(nameOf(holding));
    }
    await sleep(RETRY);
  }
}

function attemptLock(root: string, path: string): Lock | undefined {
  const fd = openIn(root, path);
  if (!tryLock(fd) || !isSameFile(fd, path)) {
    closeSync(fd);
    return undefined;
  }
  refuseForeign(fd, path);
  sayWho(fd);
  const beat = setInterval(() => futimesSync(fd, new Date(), new Date()), BEAT).unref();
  return {
    release: () => {
      clearInterval(beat);
      // Removed while it is held: a waiting process then notices that the file it opened is no longer at the path.
      unlinkSync(path);
      closeSync(fd);
      leaveStateRoot(root);
    },
  };
}

/** Of a full disk a lab can still be taken down: who waits for that is not told for whom. */
function sayWho(fd: number): void {
  ftruncateSync(fd);
  try {
    writeSync(fd, `${process.pid} ${commandLine()}\n`);
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function openIn(root: string, path: string): number {
  for (let tries = MOST_TRIES; ; tries--) {
    // Checked each time: another labnet may have removed the folder with its last lab, and another user made one since.
    makeStateRoot(root);
    try {
      return openSync(path, FLAGS, 0o600);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (['ELOOP', 'ENXIO', 'EISDIR'].includes(code ?? '')) throw notALock(path);
      if (code !== 'ENOENT' || tries === 0) throw error;
    }
  }
}

/** A file of that name that others have made is neither emptied nor removed. */
function refuseForeign(fd: number, path: string): void {
  if (fstatSync(fd).isFile() && isLockText(readFileSync(fd, 'utf8'))) return;
  closeSync(fd);
  throw notALock(path);
}

const notALock = (path: string): Error =>
  failure(
    'not-yours',
    `${path} is not a lock file of labnet`,
    'move it, or name another folder with --state-dir',
  );

function isSameFile(fd: number, path: string): boolean {
  try {
    return fstatSync(fd).ino === statSync(path).ino;
  } catch {
    return false;
  }
}

const commandLine = (): string =>
  ['labnet', ...process.argv.slice(2)].join(' ').replace(/\s+/g, ' ').slice(0, 200);

const held = (name: string, holding: Holding, path: string): Error =>
  failure(
    'lab-locked',
    `${nameOf(holding)} is working on lab ${name}`,
    isSeen(holding, path) ? `wait for it to end, or end it: 'kill ${holding.pid}'` : 'wait for it to end',
  );
