/** Writes what has been rendered. */
import { Buffer } from 'node:buffer';
import { closeSync, mkdirSync, openSync, writevSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RenderedFile } from '../render/scripts.js';

/** Above this a text is no longer kept encoded for the files after it. */
const KEPT = 64;

/** Puts files into a folder, which is made where it is missing. */
export function writeFiles(folder: string, files: readonly RenderedFile[]): void {
  const made = new Set<string>();
  const encoded = new Map<string, Buffer>();
  for (const file of files) {
    const target = join(folder, file.path);
    const parent = dirname(target);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    const { parts = [file.text] } = file;
    writeAll(
      target,
      parts.map((part) => encode(part, encoded)),
    );
  }
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

function writeAll(path: string, parts: readonly Buffer[]): void {
  const file = openSync(path, 'w');
  try {
    for (let rest = parts.filter(({ length }) => length > 0); rest.length > 0;) {
      rest = after(rest, writevSync(file, rest));
    }
  } finally {
    closeSync(file);
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
