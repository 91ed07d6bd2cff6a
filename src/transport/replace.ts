/** Replaces files of earlier runs, each in one step, but no files that labnet did not write. */
import { Buffer } from 'node:buffer';
import { closeSync, lstatSync, openSync, readSync } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { badInput, failure, LabnetError, messageOf } from '../core/errors.js';
import { flushFolder } from '../sys/durable.js';
import { makeFolder, refuseForeignLink } from './files.js';

/** A file by its name in the folder, and whether the first bytes of what is there of that name tell that labnet wrote it. */
export type OwnFile = { readonly name: string; readonly isOwn: (start: Buffer) => boolean };
export type NewFile = OwnFile & { readonly content: string | Buffer };

const START = 4096;

export const isMarked =
  (mark: string) =>
  (start: Buffer): boolean =>
    start.includes(mark);

/**
 * Checks, before the work that makes the files, whether they can be written.
 * @throws LabnetError file-exists where another program's file has that name, file-unwritable where it is not a file
 */
export function refuseOthers(folder: string, files: readonly OwnFile[]): void {
  for (const { name, isOwn } of files) {
    const path = join(folder, name);
    const found = statOf(path);
    if (!found) continue;
    if (!found.isFile()) throw unwritable(folder, new Error(`${path} is there, and is no file`));
    if (found.size > 0 && !isOwn(startOf(path)))
      throw badInput(
        'file-exists',
        `${path} exists already, and was not written by labnet`,
        'name another place, or remove it',
      );
  }
}

/** Written to temporary files with random names, which are renamed when all are complete. */
export async function replaceFiles(folder: string, files: readonly NewFile[]): Promise<void> {
  try {
    const target = resolve(folder);
    refuseForeignLink(target);
    makeFolder(target, target);
    refuseOthers(target, files);
    await replaceIn(target, files);
  } catch (error) {
    throw error instanceof LabnetError ? error : unwritable(folder, error);
  }
}

async function replaceIn(target: string, files: readonly NewFile[]): Promise<void> {
  const beside = await mkdtemp(join(target, '.labnet-'));
  try {
    for (const { name, content } of files) await writeWhole(join(beside, basename(name)), content);
    for (const { name } of files) await rename(join(beside, basename(name)), join(target, name));
    flushFolder(target);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  await using file = await open(path, 'wx', 0o644);
  await file.writeFile(content);
  await file.sync();
}

const statOf = (path: string) => {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // A part of the path is no folder: said when it is to be made.
    return undefined;
  }
};

function startOf(path: string): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      const start = Buffer.alloc(START);
      return start.subarray(0, readSync(fd, start, 0, START, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return Buffer.alloc(0);
  }
}

const unwritable = (folder: string, error: unknown): LabnetError =>
  failure(
    'file-unwritable',
    `cannot write to ${folder}: ${messageOf(error)}`,
    'name a folder that you may write to, on a disk with room',
  );
