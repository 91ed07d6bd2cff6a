/** Files that are there as a whole or not at all, whatever stops their writer: kill -9, or the power. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What is being written has this at the end of its name. */
export const UNFINISHED = '.new';

/** In its place in one step, and on the disk when this returns. For its owner alone. */
export function writeDurably(path: string, text: string): void {
  const fd = openSync(`${path}${UNFINISHED}`, 'w', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}${UNFINISHED}`, path);
  flushFolder(dirname(path));
}

/** The names in a folder, as fsync(2) of a file does not mean that its name is on the disk. */
export function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same, while this thread does something else. */
export async function flushFolderBeside(folder: string): Promise<void> {
  const file = await open(folder, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
