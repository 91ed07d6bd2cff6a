/** One labnet at a time works on a lab: a lock file held by the kernel, so that it never outlives its holder. */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../core/errors.js';
import { tryLock } from '../sys/flock.js';
import { leaveStateRoot, makeStateRoot } from './root.js';

export type Lock = { readonly release: () => void };

const RETRY = 20;
const MOST_TRIES = 20;

/**
 * @param wait how long to wait for another labnet, in milliseconds
 * @throws LabnetError lab-locked, naming who holds it
 */
export async function lockLab(root: string, name: string, wait = 0): Promise<Lock> {
  const path = join(root, `${name}.lock`);
  const end = performance.now() + wait;
  for (;;) {
    const lock = attemptLock(root, path);
    if (lock) return lock;
    if (performance.now() >= end) throw held(name, path);
    await sleep(RETRY);
  }
}

function attemptLock(root: string, path: string): Lock | undefined {
  const fd = openIn(root, path);
  if (!tryLock(fd) || !isSameFile(fd, path)) {
    closeSync(fd);
    return undefined;
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid} ${commandLine()}\n`);
  return {
    release: () => {
      // Removed while it is held: whoever waits finds that the file it opened is no longer the one at the path.
      unlinkSync(path);
      closeSync(fd);
      leaveStateRoot(root);
    },
  };
}

function openIn(root: string, path: string): number {
  for (let tries = MOST_TRIES; ; tries--) {
    try {
      return openSync(path, 'a+', 0o600);
    } catch (error) {
      // Not made yet, or another labnet has just let go of the last lab, and of the folder.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 0) throw error;
      makeStateRoot(root);
    }
  }
}

function isSameFile(fd: number, path: string): boolean {
  try {
    return fstatSync(fd).ino === statSync(path).ino;
  } catch {
    return false;
  }
}

const commandLine = (): string =>
  ['labnet', ...process.argv.slice(2)].join(' ').replace(/\s+/g, ' ').slice(0, 200);

function held(name: string, path: string): Error {
  const [, pid, command] = /^(\d+) (.*)/.exec(readIfThere(path)) ?? [];
  const who = pid === undefined ? 'another labnet' : `process ${pid} (${command ?? ''})`;
  return failure('lab-locked', `${who} is working on lab ${name}`, 'wait for it to end');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
