/** The text of a file that a user names, whatever kind of file that is: it is bounded in size and in time. */
import { Buffer } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { messageOf } from '../core/errors.js';
import { LIMITS } from '../topology/document.js';

/** Past this nothing is read on; parsing says of what is shorter whether it is too large. */
const MOST = 64 * LIMITS.bytes;
const PIECE = 1 << 16;
/** Milliseconds: until a pipe that nobody writes to is given up, and one whose writer says nothing. */
const PATIENCE = { noWriter: 2_000, silence: 10_000 } as const;
const PAUSE = 20;

export type Unread = { readonly why: string; readonly isTooLarge?: true; readonly isMissing?: true };

/** @returns the text, also of `<(a command)`, or why there is none */
export function readText(file: string): string | Unread {
  let opened: number | undefined;
  try {
    // Without O_NONBLOCK, to open a pipe is to wait for its writer.
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(opened);
    const why = kindOf(stats);
    if (why !== undefined) return { why };
    return stats.size > MOST ? TOO_LARGE : readAll(opened, stats.isFIFO());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = whyUnread(error);
    return code === 'ENOENT' ? { why, isMissing: true } : { why };
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

const TOO_LARGE: Unread = { why: 'larger than any topology', isTooLarge: true };
/** Of open(2) and read(2). */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  ELOOP: 'its symbolic links lead in a circle',
  ENOTDIR: 'a part of the path is no folder',
  ENAMETOOLONG: 'the path is longer than a path can be',
  ENXIO: 'it is a socket',
};

/** What is wrong with a file that cannot be opened or read. */
export const whyUnread = (error: unknown): string =>
  WORDS[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);

function kindOf(stats: Stats): string | undefined {
  if (stats.isDirectory()) return 'it is a folder';
  return stats.isCharacterDevice() || stats.isBlockDevice() ? 'it is a device' : undefined;
}

function readAll(opened: number, isPipe: boolean): string | Unread {
  const pieces: Buffer[] = [];
  let size = 0;
  let waited = 0;
  while (size <= MOST) {
    const piece = readPiece(opened);
    if (piece !== undefined && piece.length > 0) {
      pieces.push(piece);
      size += piece.length;
      waited = 0;
      continue;
    }
    // The end, unless it is a pipe whose writer has yet to come or to write.
    if (piece !== undefined && (size > 0 || !isPipe)) return Buffer.concat(pieces).toString('utf8');
    // What is no pipe and has nothing now, as some of /proc, is no file of somebody's.
    if (!isPipe) return { why: 'nothing comes out of it' };
    if (waited >= (piece ? PATIENCE.noWriter : PATIENCE.silence))
      return {
        why: piece ? 'it is a pipe that nobody writes to' : 'it is a pipe, and nothing comes out of it',
      };
    Atomics.wait(NEVER, 0, 0, PAUSE);
    waited += PAUSE;
  }
  return TOO_LARGE;
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** @returns undefined where there is nothing yet */
function readPiece(opened: number): Buffer | undefined {
  const piece = Buffer.alloc(PIECE);
  try {
    return piece.subarray(0, readSync(opened, piece));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
