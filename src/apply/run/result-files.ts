/** The files of a run's results, as its manifest lists them. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type ResultFile = { readonly path: string; readonly bytes: number; readonly sha256: string };

/** Captures may be larger than what fits in memory. */
const PIECE = 1 << 20;

/** @param except names at its top */
export const filesBelow = (folder: string, except: readonly string[]): ResultFile[] =>
  pathsBelow(folder, '')
    .filter((path) => !except.includes(path))
    .map((path) => ({ path, ...measured(join(folder, path)) }));

function pathsBelow(folder: string, prefix: string): string[] {
  return readdirSync(join(folder, prefix))
    .sort()
    .flatMap((name) => {
      const path = join(prefix, name);
      return statSync(join(folder, path)).isDirectory() ? pathsBelow(folder, path) : [path];
    });
}

function measured(path: string): { readonly bytes: number; readonly sha256: string } {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE);
  const fd = openSync(path, 'r');
  try {
    let bytes = 0;
    for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece)) {
      hash.update(piece.subarray(0, read));
      bytes += read;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(fd);
  }
}
