/** Writes rendered files. */
import { Buffer } from 'node:buffer';
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { failure, messageOf } from '../core/errors.js';
import type { RenderedFile } from '../render/scripts.js';
import { flushFolder, UNFINISHED } from '../sys/durable.js';

/** Above this a text is no longer kept encoded for the files after it. */
const KEPT = 64;
/** Files being written while the next are made. */
const AT_ONCE = 16;

/**
 * Writes files to a folder, which is made if it is missing. Symbolic links in it are not followed, and existing files are
 * replaced rather than overwritten, as somebody else may have put them there.
 * @param isDurable each file is complete or unchanged even after a crash, and on the disk when this returns
 * @throws LabnetError file-unwritable
 */
export async function writeFiles(
  folder: string,
  files: readonly RenderedFile[],
  isDurable = false,
): Promise<void> {
  try {
    await writeEach(resolve(folder), files, isDurable ? writeWhole : writeAll);
  } catch (error) {
    const fix = 'name a folder that you may write to, on a disk with room';
    throw failure('file-unwritable', `cannot write to ${folder}: ${messageOf(error)}`, fix);
  }
}

async function writeEach(folder: string, files: readonly RenderedFile[], write: Write): Promise<void> {
  refuseForeignLink(folder);
  const made = new Set<string>();
  const encoded = new Map<string, Buffer>();
  let writing: Promise<void>[] = [];
  for (const file of files) {
    const target = join(folder, file.path);
    const parent = dirname(target);
    if (!made.has(parent)) makeFolder(parent, folder);
    made.add(parent);
    const { parts = [file.text] } = file;
    writing.push(
      write(
        target,
        parts.map((part) => encode(part, encoded)),
      ),
    );
    if (writing.length < AT_ONCE) continue;
    await Promise.all(writing);
    writing = [];
  }
  await Promise.all(writing);
  if (write === writeWhole) for (const parent of made) flushFolder(parent);
}

/** Step by step, as node's `recursive` never ends in a folder where none can be made, such as /proc. */
export function makeFolder(path: string, top: string): void {
  const isInside = path.startsWith(join(top, '/'));
  const found = (isInside ? lstatSync : statSync)(path, { throwIfNoEntry: false });
  if (found && isInside && !found.isDirectory()) throw new Error(`${path} is no folder`);
  if (dirname(path) !== path) makeFolder(dirname(path), top);
  if (!found) mkdirSync(path);
}

/** A link in the place of the folder is followed where the user has made it, or who runs the machine. */
export function refuseForeignLink(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true && found.uid !== 0 && found.uid !== process.geteuid?.())
    throw new Error(`${folder} is a link that another user has made`);
}

/** Files that follow one another have long parts in common, which are the same string. */
function encode(part: string, encoded: Map<string, Buffer>): Buffer {
  const known = encoded.get(part);
  if (known) return known;
  const made = Buffer.from(part);
  if (encoded.size >= KEPT) encoded.clear();
  encoded.set(part, made);
  return made;
}

type Write = (path: string, parts: readonly Buffer[]) => Promise<void>;

async function writeAll(path: string, parts: readonly Buffer[]): Promise<void> {
  await using file = await openNew(path);
  await writeTo(file, parts);
}

async function writeWhole(path: string, parts: readonly Buffer[]): Promise<void> {
  const unfinished = `${path}${UNFINISHED}`;
  {
    await using file = await openNew(unfinished);
    await writeTo(file, parts);
    await file.sync();
  }
  await rename(unfinished, path);
}

async function writeTo(file: FileHandle, parts: readonly Buffer[]): Promise<void> {
  for (let rest = parts.filter(({ length }) => length > 0); rest.length > 0;) {
    rest = after(rest, (await file.writev(rest)).bytesWritten);
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // What is a file has its name taken away; a link, a device or a pipe is not touched.
    if (!lstatSync(path).isFile()) throw new Error(`${path} is there, and is no file`);
    await unlink(path);
    return open(path, 'wx');
  }
}

/** What is left to write, as a write may end early. */
function after(parts: readonly Buffer[], written: number): Buffer[] {
  let left = written;
  return parts.flatMap((part) => {
    const taken = Math.min(left, part.length);
    left -= taken;
    return taken === part.length ? [] : [part.subarray(taken)];
  });
}
