/** Processes by pid and start time: a pid alone may have been reused (proc_pid_stat(5)). */
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import { monotonic } from '../core/monotonic.js';
import { attempt, call, lastError } from './libc.js';

export type ProcessId = {
  readonly pid: number;
  /** Clock ticks from boot to its start, field 22 of /proc/PID/stat, as text. */
  readonly startTime: string;
};

/** System calls with the same number on every architecture (since Linux 5.1). */
const PIDFD_SEND_SIGNAL = 424;
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;
const SIGKILL = 9;
const WNOHANG = 1;

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Whether a process keeps its environment from this one, such as one of another user namespace (ptrace(2), access mode checking). */
export function isClosed(pid: number): boolean {
  try {
    closeSync(openSync(`/proc/${pid}/environ`, constants.O_RDONLY));
    return false;
  } catch (error) {
    return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** The start time of a live process; undefined for one that is gone or a zombie. */
export const startTimeOf = (pid: number): string | undefined => startTimeIn(`/proc/${pid}`);

/** The fields of proc_pid_stat(5) from field 3, the state, on; empty if the process is gone. */
function statIn(folder: string): string[] {
  try {
    const stat = readFileSync(`${folder}/stat`, 'utf8');
    // The second field is the command's name in brackets, and may hold any character.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** By its folder in /proc; undefined for one that is gone or a zombie. */
export function startTimeIn(folder: string): string | undefined {
  const { 0: state, 19: startTime } = statIn(folder);
  return state === 'Z' || state === 'X' ? undefined : startTime;
}

/** Flags of a process (field 9; the kernel's sched.h). */
const PF_EXITING = 0x4;
const PF_KTHREAD = 0x200000;

const flagsIn = ({ 6: flags }: readonly string[]): number => Number(flags ?? 0);

/** It is ending, and its namespaces with it: what it was can no longer be read. */
export const isEnding = (pid: number): boolean => (flagsIn(statIn(`/proc/${pid}`)) & PF_EXITING) !== 0;

export const isAlive = ({ pid, startTime }: ProcessId): boolean => startTimeOf(pid) === startTime;

/** Where the folder of /proc that a file descriptor is open on is found, by this process and by a child that has the same. */
export const throughFd = (fd: number): string => `/proc/self/fd/${fd}`;

/**
 * Opens the folder of a process in /proc, then checks it: what is read through it belongs to this very process, even if
 * its pid is reused later.
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

/** A pidfd of a process, to be closed; undefined where there is none, or the kernel has none (before Linux 5.3). */
export function openPidfd(pid: number): number | undefined {
  const fd = attempt('pidfd', PIDFD_OPEN, pid, 0);
  return fd < 0 ? undefined : fd;
}

/** Takes over a file that a process has open (pidfd_getfd(2), Linux 5.6). @returns it, or the name of the error */
export function takeFile(pidfd: number, file: number): number | string {
  const fd = attempt('pidfdGetFile', PIDFD_GETFD, pidfd, file, 0);
  return fd < 0 ? lastError() : fd;
}

const CLOSE_RANGE = 436;
const CLOSE_RANGE_CLOEXEC = 4;
const HIGHEST_FD = 0x7fffffff;

/**
 * Keeps children from inheriting the descriptors that this process inherited beyond the standard streams: a child
 * that lives on would keep their pipes open. Does nothing before Linux 5.11 (close_range(2)).
 */
export const keepFromChildren = (): number =>
  attempt('closeRange', CLOSE_RANGE, 3, HIGHEST_FD, CLOSE_RANGE_CLOEXEC);

/**
 * Kills exactly this process, and waits until it is gone; false if it was gone already.
 * @param isMeant asked while nobody else can have its pid
 */
export async function kill(
  { pid, startTime }: ProcessId,
  isMeant: (pid: number) => boolean = () => true,
  timeout = 10_000,
): Promise<boolean> {
  const opened = openPidfd(pid);
  if (opened === undefined && lastError() === 'ESRCH') return false;
  const fd = opened ?? call('pidfd', PIDFD_OPEN, pid, 0);
  try {
    // The pidfd refers to one process: if the start time matches now, the signal reaches the right one.
    if (startTimeOf(pid) !== startTime) return false;
    // A process that is ending cannot be identified: it is only waited for.
    if (!isMeant(pid)) return isEnding(pid) && (await gone({ pid, startTime }, timeout));
    call('pidfdSignal', PIDFD_SEND_SIGNAL, fd, SIGKILL, null, 0);
    return await gone({ pid, startTime }, timeout);
  } finally {
    call('close', fd);
  }
}

async function gone(id: ProcessId, timeout: number): Promise<boolean> {
  const end = monotonic() + timeout;
  while (isAlive(id)) {
    if (monotonic() > end) throw new Error(`process ${id.pid} does not end`);
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

/** Milliseconds: a moment of work, which may take seconds on an overloaded computer or a slow disk. */
const EXEC_PATIENCE = 10_000;

/**
 * Empty only counts for a process without an environment: during execve(2), or if the process has become another program
 * since its file was opened, reads return nothing, too.
 */
function environmentOf(pid: number | string): string {
  try {
    for (const end = monotonic() + EXEC_PATIENCE; ;) {
      const found = readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (found !== '' || monotonic() > end || hasNone(statIn(`/proc/${pid}`))) return found;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  } catch {
    // Somebody else's, or gone.
    return '';
  }
}

/**
 * Where the environment begins and ends (fields 50, 51): both are 0 until a program that is being started has one, and the same until it
 * is written down; only then is it known where the code begins (field 26; load_elf_binary in fs/binfmt_elf.c).
 */
const hasNone = (stat: readonly string[]): boolean =>
  (flagsIn(stat) & (PF_EXITING | PF_KTHREAD)) !== 0 ||
  (stat[47] === stat[48] && stat[48] !== '0' && stat[23] !== '0');
