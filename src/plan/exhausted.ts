/** Which resource is used up, from the errno of a failed call (errno(3), and the manual pages of the calls). */
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import type { Resource } from './needs.js';
import { RESOURCES } from './needs.js';
import type { Left, Room } from './room.js';
import { amountText, KINDS } from './room.js';

export type Failed = {
  /** Of the errno, such as ENOSPC. */
  readonly code: string;
  /** The system call, as far as it is known. */
  readonly call?: string | undefined;
};

const NAMESPACES = RESOURCES.filter((one) => one.endsWith('-namespaces'));
const PROCESSES: readonly Resource[] = ['processes', 'cgroup-processes', 'system-processes'];
const MEMORY: readonly Resource[] = ['memory', 'cgroup-memory'];

const BY_CODE: Readonly<Record<string, readonly Resource[]>> = {
  EMFILE: ['files'],
  ENFILE: ['system-files'],
  ENOMEM: MEMORY,
  ENOBUFS: MEMORY,
  EXFULL: ['bridge-ports'],
  // Of nested user namespaces, which are limited as they are (user_namespaces(7)).
  EUSERS: ['user-namespaces'],
  ERR_WORKER_OUT_OF_MEMORY: MEMORY,
  ERR_WORKER_INIT_FAILED: PROCESSES,
};

const CALLS_THAT_START = /^(spawn|fork|v?clone|pthread_create)/;

/** The resources that may be used up; none for failures of another kind. */
export function candidatesOf({ code, call = '' }: Failed): readonly Resource[] {
  if (code === 'ENOSPC' && /^(unshare|clone)/.test(call)) return NAMESPACES;
  if (code === 'ENOSPC' && call === 'mount') return ['mounts'];
  if (code === 'EAGAIN' && CALLS_THAT_START.test(call)) return PROCESSES;
  return BY_CODE[code] ?? [];
}

/** The English error messages of tools. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/too many open files in system/i, 'ENFILE'],
  [/too many open files/i, 'EMFILE'],
  [/cannot allocate memory|out of memory/i, 'ENOMEM'],
  [/no space left on device/i, 'ENOSPC'],
  [/resource temporarily unavailable|cannot fork/i, 'EAGAIN'],
  [/no buffer space available/i, 'ENOBUFS'],
  [/too many users/i, 'EUSERS'],
];
const CALLS = /\b(unshare|v?fork|clone|mount|pthread_create)\b/i;

/** @param said what a program printed before it failed */
export function failedBy(said: string): Failed | undefined {
  const code = WORDS.find(([words]) => words.test(said))?.[1];
  return code === undefined ? undefined : { code, call: CALLS.exec(said)?.[1]?.toLowerCase() };
}

/**
 * @param what the kernel was asked for
 * @param room as it is after the failure
 */
export function exhausted(what: string, failed: Failed, room: Room): Diagnostic | undefined {
  const candidates = candidatesOf(failed);
  const [first] = candidates;
  if (first === undefined) return undefined;
  const resource = candidates.reduce((a, b) => (share(room[b]) < share(room[a]) ? b : a), first);
  const { setting, fix } = KINDS[resource];
  const has = room[resource];
  const where = has?.where ?? setting;
  const refused = `${what}: the kernel has no more ${nounOf(candidates)} (${failed.code})`;
  if (!has || share(has) > FEW) return unseen(refused, candidates);
  const seen = `${amountText(resource, Math.max(0, has.left))} of ${amountText(resource, has.limit)} are left`;
  const message = `${refused}; ${seen} (${where})`;
  return diagnostic('no-room', message, { fix: fix(2 * has.limit, where) });
}

/** The kernel does not tell which of several limits was reached. */
function nounOf(candidates: readonly Resource[]): string {
  if (candidates === NAMESPACES) return 'namespaces';
  if (candidates === PROCESSES) return 'processes';
  return KINDS[candidates[0] ?? 'memory'].noun;
}

/** Whether so little is left that this may be the cause. */
const FEW = 0.1;

/** A limit of a surrounding namespace or control group. */
function unseen(refused: string, candidates: readonly Resource[]): Diagnostic {
  const names =
    candidates === NAMESPACES
      ? 'user.max_net_namespaces and its like'
      : [...new Set(candidates.map((one) => KINDS[one].setting))].join(', or ');
  return diagnostic('no-room', `${refused}, by a limit that cannot be seen from here or that others use up`, {
    fix: `make the lab smaller, or raise ${names} where this container, user or service has its limits`,
  });
}

const share = (has: Left | undefined): number => (has ? has.left / Math.max(1, has.limit) : Infinity);
