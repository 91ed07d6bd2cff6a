/** The folder of a run's results: events as they come, and every file that steps write. */
import { createHash } from 'node:crypto';
import type { Buffer } from 'node:buffer';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { failure, messageOf } from '../../core/errors.js';
import { writeDurably } from '../../sys/durable.js';

export type ResultFile = { readonly path: string; readonly bytes: number; readonly sha256: string };

/** @throws LabnetError file-unwritable: what is there already is not mixed with what is new */
export function newFolder(path: string): void {
  const fix = 'name a folder that is empty or not there yet';
  try {
    mkdirSync(path, { recursive: true });
    if (readdirSync(path).length === 0) return;
  } catch (error) {
    throw failure('file-unwritable', `cannot write to ${path}: ${messageOf(error)}`, fix);
  }
  throw failure('file-unwritable', `${path} is not empty`, fix);
}

export class Results {
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  /** A line of events.jsonl: there at once, whatever happens next. */
  event(event: Readonly<Record<string, unknown>>): void {
    this.#write(() => appendFileSync(join(this.folder, 'events.jsonl'), `${JSON.stringify(event)}\n`));
  }

  /** Where a file of a step is to be; its folder is made. */
  path(kind: 'commands' | 'captures' | 'series', name: string): string {
    const folder = join(this.folder, kind);
    mkdirSync(folder, { recursive: true });
    return join(folder, name.replace('#', '-'));
  }

  text(path: string, text: string): void {
    this.#write(() => writeFileSync(path, text));
  }

  append(path: string, bytes: Buffer | string): void {
    this.#write(() => appendFileSync(path, bytes));
  }

  json(name: string, value: unknown): void {
    this.#write(() => writeDurably(join(this.folder, name), `${JSON.stringify(value, null, 2)}\n`));
  }

  /** All there is but the manifest itself, which lists them. */
  files(): ResultFile[] {
    return filesBelow(this.folder)
      .filter((path) => path !== 'manifest.json')
      .map((path) => {
        const bytes = readFileSync(join(this.folder, path));
        return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
      });
  }

  /** Lists what was written after the manifest. */
  addFiles(): void {
    const manifest = JSON.parse(readFileSync(join(this.folder, 'manifest.json'), 'utf8')) as object;
    this.json('manifest.json', { ...manifest, files: this.files() });
  }

  #write(work: () => void): void {
    try {
      work();
    } catch (error) {
      const fix = 'a folder that you may write to, on a disk with room';
      throw failure('file-unwritable', `cannot write to ${this.folder}: ${messageOf(error)}`, fix, error);
    }
  }
}

function filesBelow(folder: string, top = folder): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesBelow(path, top) : [relative(top, path)];
    });
}
