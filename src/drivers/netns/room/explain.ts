/** What was refused halfway for want of something, in the words in which a lab that does not fit is refused. */
import { statfsSync } from 'node:fs';
import type { Diagnostic } from '../../../core/diagnostic.js';
import { diagnostic } from '../../../core/diagnostic.js';
import { LabnetError } from '../../../core/errors.js';
import type { Failed } from '../../../plan/exhausted.js';
import { exhausted, failedBy } from '../../../plan/exhausted.js';
import { readRoom } from './read.js';

type SystemFailure = Error & {
  readonly code: string;
  /** Of node's own errors. */
  readonly syscall?: string;
  /** Of a system call of ours (sys/libc.ts). */
  readonly call?: string;
  readonly path?: string;
  /** Node's name for what is written to. */
  readonly dest?: string;
};

const isSystemFailure = (error: unknown): error is SystemFailure =>
  error instanceof Error && typeof (error as Partial<SystemFailure>).code === 'string';

/** The error itself where it is of another kind. */
export function explained(error: unknown): unknown {
  if (!isSystemFailure(error)) return error;
  const { code, syscall, call, path } = error;
  const found =
    explainFailure(error.message, { code, call: call ?? syscall }) ??
    explainDisk(code, path, error.message) ??
    explainPlace(code, path);
  return found ? new LabnetError([found], 1, { cause: error }) : error;
}

export const explainFailure = (what: string, failed: Failed): Diagnostic | undefined =>
  exhausted(what, failed, readRoom());

/** @param said what a program printed that failed */
export function explainWords(what: string, said: string): Diagnostic | undefined {
  const failed = failedBy(said);
  return failed && explainFailure(what, failed);
}

function explainDisk(code: string, path: string | undefined, what: string): Diagnostic | undefined {
  // setrlimit(2), RLIMIT_FSIZE: node ignores the signal that comes with it.
  if (code === 'EFBIG')
    return diagnostic('no-room', `${what}: a file may not be that large here (ulimit -f)`, {
      fix: "raise that limit: 'ulimit -f unlimited' before labnet",
    });
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  const fix = 'make room there, or name another folder with --state-dir';
  return diagnostic('no-room', `${what}${path === undefined ? '' : spaceAt(path)}`, { fix });
}

/** Of open(2), mkdir(2) and their like: a place that cannot be written to, or is none. */
const PLACES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is no folder',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'the path is longer than a path can be',
};

function explainPlace(code: string, path: string | undefined): Diagnostic | undefined {
  const why = PLACES[code];
  if (why === undefined || path === undefined || /^\/(proc|sys)(\/|$)/.test(path)) return undefined;
  const fix = 'name a folder that you may write to; --state-dir says where labs are recorded';
  return diagnostic('file-unwritable', `cannot write to ${path}: ${why}`, { fix });
}

function spaceAt(path: string): string {
  try {
    const { bavail, bsize, ffree } = statfsSync(path);
    return ` (${Math.floor((bavail * bsize) / 1024)} KiB and ${ffree} files are left there)`;
  } catch {
    return '';
  }
}
