/** Processes by pid and start time: a pid alone may by now be somebody else's (proc_pid_stat(5)). */
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import { attempt, call, lastError } from './libc.js';

export type ProcessId = {
  readonly pid: number;
  /** Clock ticks from boot to its start, field 22 of /proc/PID/stat, as text. */
  readonly startTime: string;
};

/** System calls with the same number on every architecture (since Linux 5.1). */
const PIDFD_SEND_SIGNAL = 424;
const PIDFD_OPEN = 434;
const SIGKILL = 9;
const WNOHANG = 1;

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** The start time of a live process; undefined for one that is gone or a zombie. */
export const startTimeOf = (pid: number): string | undefined => startTimeIn(`/proc/${pid}`);

/** By its folder in /proc; undefined for one that is gone or a zombie. */
export function startTimeIn(folder: string): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`${folder}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the command's name in brackets, and may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Flags of a process (proc_pid_stat(5), the kernel's sched.h). */
const PF_EXITING = 0x4;
const PF_KTHREAD = 0x200000;

/** @returns none for one that is gone */
function flagsOf(pid: number | string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]);
  } catch {
    return 0;
  }
}

/** It is on its way out, and its namespaces with it: what it was can be read of it no longer. */
export const isEnding = (pid: number): boolean => (flagsOf(pid) & PF_EXITING) !== 0;

export const isAlive = ({ pid, startTime }: ProcessId): boolean => startTimeOf(pid) === startTime;

/** Where the folder of /proc that a file descriptor is open on is found, by this process and by a child that has the same. */
export const throughFd = (fd: number): string => `/proc/self/fd/${fd}`;

/**
 * Opens the folder of a process in /proc, and judges it then: what is seen through it is of this very process, whoever
 * has its pid later.
 * @returns a file descriptor, to be closed; undefined where that process is gone
 */
export function openProcess({ pid, startTime }: ProcessId): number | undefined {
  let fd: number;
  try {
    fd = openSync(`/proc/${pid}`, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
  if (startTimeIn(throughFd(fd)) === startTime) return fd;
  closeSync(fd);
  return undefined;
}

const CLOSE_RANGE = 436;
const CLOSE_RANGE_CLOEXEC = 4;
const HIGHEST_FD = 0x7fffffff;

/**
 * Keeps from children what this process was itself handed by whoever started it, beyond the standard streams: a child
 * that lives on would keep their pipes open. Does nothing before Linux 5.11 (close_range(2)).
 */
export const keepFromChildren = (): number =>
  attempt('closeRange', CLOSE_RANGE, 3, HIGHEST_FD, CLOSE_RANGE_CLOEXEC);

/**
 * Kills exactly this process, and waits until it is gone; false where it was gone already.
 * @param isMeant asked while nobody else can have its pid
 */
export async function kill(
  { pid, startTime }: ProcessId,
  isMeant: (pid: number) => boolean = () => true,
  timeout = 10_000,
): Promise<boolean> {
  const fd = attempt('pidfd', PIDFD_OPEN, pid, 0);
  if (fd < 0) {
    if (lastError() === 'ESRCH') return false;
    call('pidfd', PIDFD_OPEN, pid, 0);
  }
  try {
    // The pidfd holds on to the process: if the start time is right now, the signal reaches the right one.
    if (startTimeOf(pid) !== startTime) return false;
    // Of one that is ending nobody can say whether it is meant: it is only waited for.
    if (!isMeant(pid)) return isEnding(pid) && (await gone({ pid, startTime }, timeout));
    call('pidfdSignal', PIDFD_SEND_SIGNAL, fd, SIGKILL, null, 0);
    return await gone({ pid, startTime }, timeout);
  } finally {
    call('close', fd);
  }
}

async function gone(id: ProcessId, timeout: number): Promise<boolean> {
  const end = performance.now() + timeout;
  while (isAlive(id)) {
    if (performance.now() > end) throw new Error(`process ${id.pid} does not end`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}

/**
 * Collects a child that a worker thread started and outlived; of any other process this is refused (wait(2)). A child
 * of the main thread's is node's to collect.
 */
export const reap = ({ pid }: ProcessId): number => attempt('waitpid', pid, null, WNOHANG);

/** Whether a process of the user's own has a variable with this very value in its environment. */
export const hasInEnvironment = (pid: number | string, name: string, value: string): boolean =>
  `\0${environmentOf(pid)}`.includes(`\0${name}=${value}\0`);

/** The user's own processes that have a variable with this very value in their environment. */
export function findByEnvironment(name: string, value: string): ProcessId[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && hasInEnvironment(entry, name, value))
    .flatMap((entry) => {
      const startTime = startTimeOf(Number(entry));
      return startTime === undefined ? [] : [{ pid: Number(entry), startTime }];
    });
}

const MOST_LOOKS = 100;

function environmentOf(pid: number | string): string {
  try {
    for (let looks = 1; ; looks++) {
      const found = readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (found !== '' || looks === MOST_LOOKS || !isBetweenPrograms(pid)) return found;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  } catch {
    // Somebody else's, or gone.
    return '';
  }
}

/** In the middle of execve(2), when it shows neither environment nor words: microseconds, or until it has its turn again. */
const isBetweenPrograms = (pid: number | string): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, 'latin1') === '' && (flagsOf(pid) & (PF_EXITING | PF_KTHREAD)) === 0;
