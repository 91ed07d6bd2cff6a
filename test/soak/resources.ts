/** What there is of everything that a leak could be made of, seen from inside of a sandbox. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Counts, and sizes in bytes. */
export type Resources = {
  /** Of the process that counts. */
  readonly fds: number;
  readonly threads: number;
  readonly heap: number;
  readonly resident: number;
  /** Of all that is in the sandbox. */
  readonly processes: number;
  readonly namespaces: number;
  readonly mounts: number;
  readonly files: number;
  /** Of this user on the whole machine, others at work included. */
  readonly keys: number;
};

/** @param folder where all files are that labnet could make */
export function countResources(folder: string): Resources {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    fds: entries('/proc/self/fd').length,
    threads: entries('/proc/self/task').length,
    heap: heapUsed,
    resident: rss,
    processes: pids.length,
    namespaces: namespacesOf(pids).size,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n').length,
    files: filesIn(folder),
    keys: keysOf(process.geteuid?.() ?? 0),
  };
}

/** Those that threads are in, that files are open on, and that are mounted. */
function namespacesOf(pids: readonly string[]): Set<string> {
  const threads = pids.flatMap((pid) =>
    entries(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`),
  );
  const entered = threads.flatMap((path) =>
    entries(`${path}/ns`).map((kind) => target(`${path}/ns/${kind}`)),
  );
  const open = pids.flatMap((pid) => entries(`/proc/${pid}/fd`).map((fd) => target(`/proc/${pid}/fd/${fd}`)));
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8').match(/\b[a-z]+:\[\d+\]/g) ?? [];
  return new Set(
    [...entered, ...open, ...mounted].filter((one) => /^[a-z]+:\[\d+\]$/.test(one)).filter(isKind),
  );
}

/** Pipes and sockets are written in the same way. */
const isKind = (one: string): boolean => !/^(pipe|socket):/.test(one);

function filesIn(folder: string): number {
  return entries(folder)
    .map((name) => join(folder, name))
    .reduce((sum, path) => sum + 1 + (isFolder(path) ? filesIn(path) : 0), 0);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The second column: keys (keyrings(7), /proc/key-users). */
const keysOf = (uid: number): number =>
  Number(new RegExp(`^\\s*${uid}:\\s+\\d+ (\\d+)/`, 'm').exec(text('/proc/key-users'))?.[1] ?? 0);

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // Gone, or not for this user to see.
    return [];
  }
}

function target(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
