/** Writes what has been rendered. */
import { Buffer } from 'node:buffer';
import { existsSync, mkdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure, messageOf } from '../core/errors.js';
import type { RenderedFile } from '../render/scripts.js';
import { flushFolder, UNFINISHED } from '../sys/durable.js';

/** Above this a text is no longer kept encoded for the files after it. */
const KEPT = 64;
/** Files being written while the next are made. */
const AT_ONCE = 16;

/**
 * Puts files into a folder, which is made where it is missing.
 * @param isDurable each is there as a whole or as it was, and on the disk when this is done
 * @throws LabnetError file-unwritable
 */
export async function writeFiles(
  folder: string,
  files: readonly RenderedFile[],
  isDurable = false,
): Promise<void> {
  try {
    await writeEach(folder, files, isDurable ? writeWhole : writeAll);
  } catch (error) {
    const fix = 'name a folder that you may write to, on a disk with room';
    throw failure('file-unwritable', `cannot write to ${folder}: ${messageOf(error)}`, fix);
  }
}

async function writeEach(folder: string, files: readonly RenderedFile[], write: Write): Promise<void> {
  const made = new Set<string>();
  const encoded = new Map<string, Buffer>();
  let writing: Promise<void>[] = [];
  for (const file of files) {
    const target = join(folder, file.path);
    const parent = dirname(target);
    if (!made.has(parent)) makeFolder(parent);
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

/** Step by step: node's own `recursive` never ends where there is a folder that none can be made in, as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
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
  await using file = await open(path, 'w');
  await writeTo(file, parts);
}

async function writeWhole(path: string, parts: readonly Buffer[]): Promise<void> {
  const unfinished = `${path}${UNFINISHED}`;
  {
    await using file = await open(unfinished, 'w');
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

/** What is left to write, as a write may end early. */
function after(parts: readonly Buffer[], written: number): Buffer[] {
  let left = written;
  return parts.flatMap((part) => {
    const taken = Math.min(left, part.length);
    left -= taken;
    return taken === part.length ? [] : [part.subarray(taken)];
  });
}
