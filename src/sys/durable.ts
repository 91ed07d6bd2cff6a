/** Files that exist completely or not at all, whatever stops their writer: kill -9, or a power failure. */
import { closeSync, fsync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** The suffix of files that are being written. */
export const UNFINISHED = '.new';

/** Replaces the file in one step; it is on the disk when this returns. Only its owner can read it. */
export function writeDurably(path: string, text: string): void {
  const unfinished = `${path}${UNFINISHED}`;
  const fd = openSync(unfinished, 'w', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } catch (error) {
    // A partial file would only take space.
    rmSync(unfinished, { force: true });
    // Errors of writing to an open file do not name the path.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  } finally {
    closeSync(fd);
  }
  renameSync(unfinished, path);
  flushFolder(dirname(path));
}

/** Flushes the names in a folder, as fsync(2) of a file does not include its name. */
export function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

// Of node:fs/promises, which takes 4 ms to load, it would be the only use in most commands.
const flush = promisify(fsync);

/** The same, while this thread does something else. */
export async function flushFolderBeside(folder: string): Promise<void> {
  const fd = openSync(folder, 'r');
  try {
    await flush(fd);
  } finally {
    closeSync(fd);
  }
}
