/** A gzipped tar of plain files, in memory. Archives that are read are untrusted, and nothing of them is written to disk. */
import { Buffer } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';
import { messageOf } from '../core/errors.js';

export type Files = ReadonlyMap<string, Buffer>;

/** The most bytes of an archive, packed and unpacked, and the most files. */
const LIMITS = { packed: 64 << 20, whole: 256 << 20, files: 20_000 } as const;
/** Letters, digits and a few signs, in folders that lead downwards. */
const SAFE = /^(?!.*(^|\/)\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
const LONGEST_PATH = 240;

/** In the order of the map. */
export async function packFiles(files: Files): Promise<Buffer> {
  const entries = [...files].map(([name, data]) => ({
    header: { name, size: data.length, type: 'file' as const, mode: 0o644, mtime: new Date(0) },
    body: data,
  }));
  return promisify(gzip)(await packTar(entries), { level: 6 });
}

/** @throws RangeError with the problem, in words that follow the name of the file */
export async function unpackFiles(path: string): Promise<Files> {
  const files = new Map<string, Buffer>();
  for (const { header, data } of await entriesOf(path)) {
    const name = JSON.stringify(header.name);
    if (header.type !== 'file')
      throw new RangeError(`has ${name}, which is no plain file but a ${header.type ?? '?'}`);
    if (!SAFE.test(header.name) || header.name.length > LONGEST_PATH)
      throw new RangeError(`has a file with the path ${name}`);
    if (files.has(header.name)) throw new RangeError(`has ${name} twice`);
    files.set(header.name, Buffer.from(data ?? []));
  }
  return files;
}

async function entriesOf(path: string): ReturnType<typeof unpackTar> {
  const tar = await expanded(path);
  try {
    const entries = await unpackTar(tar, { strict: true });
    if (entries.length === 0) throw new RangeError('has nothing in it');
    if (entries.length > LIMITS.files) throw new RangeError(`has more than ${LIMITS.files} files`);
    return entries;
  } catch (error) {
    throw error instanceof RangeError ? error : new RangeError(`is no tar archive: ${messageOf(error)}`);
  }
}

async function expanded(path: string): Promise<Buffer> {
  const found = await stat(path);
  if (!found.isFile()) throw new RangeError('is not a regular file');
  if (found.size > LIMITS.packed) throw new RangeError(`is larger than ${LIMITS.packed >> 20} MiB`);
  const packed = await readFile(path);
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: LIMITS.whole });
  } catch (error) {
    const isBomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new RangeError(
      isBomb ? `expands to more than ${LIMITS.whole >> 20} MiB` : `is not gzipped: ${messageOf(error)}`,
    );
  }
}
