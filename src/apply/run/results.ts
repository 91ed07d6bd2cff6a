/** The folder of a run's results: events as they come, and every file that steps write. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Buffer } from 'node:buffer';
import { dirname, join } from 'node:path';
import type { LabnetError } from '../../core/errors.js';
import { failure, messageOf } from '../../core/errors.js';
import { UNFINISHED, writeDurably } from '../../sys/durable.js';
import type { ResultFile } from './result-files.js';
import { filesBelow } from './result-files.js';

const MANIFEST = 'manifest.json';
const FIX = 'name a folder that is empty or not there yet';
/** Of runs that begin in one second. */
const MOST_NAMES = 1_000;

/**
 * Makes a folder this run's: of two that want it at the same time one has it.
 * @param manifest what it says until there are results
 * @throws LabnetError file-unwritable: what is there already is not mixed with what is new
 */
export function newFolder(path: string, manifest: object): void {
  try {
    mkdirSync(path, { recursive: true });
    if (readdirSync(path).length === 0 && isNew(() => claim(path, manifest))) return;
  } catch (error) {
    throw failure('file-unwritable', `cannot write to ${path}: ${messageOf(error)}`, FIX);
  }
  throw failure('file-unwritable', `${path} is not empty`, FIX);
}

/**
 * The same, for a folder that nobody has named: where there is one, with a number behind it.
 * @returns which it is
 * @throws LabnetError file-unwritable
 */
export function freshFolder(path: string, manifest: object): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    for (let number = 1; number <= MOST_NAMES; number++) {
      const own = number === 1 ? path : `${path}-${number}`;
      if (!isNew(() => mkdirSync(own))) continue;
      claim(own, manifest);
      return own;
    }
  } catch (error) {
    const fix = "name a folder by '--out', or run it where you may write";
    throw failure('file-unwritable', `cannot write to ${path}: ${messageOf(error)}`, fix);
  }
  throw failure('file-unwritable', `${path} and ${MOST_NAMES} after it are there already`, FIX);
}

/** False where what it makes is there. */
function isNew(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const claim = (path: string, manifest: object): void =>
  writeFileSync(join(path, MANIFEST), jsonOf(manifest), { flag: 'wx' });

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * What comes while a run goes on is written without an exception, which would be one in the handler of a stream: the first
 * that fails is kept as its trouble, whoever watches ends the run, and nothing is written behind what is incomplete.
 */
export class Results {
  #trouble: LabnetError | undefined;
  #onTrouble = (): void => undefined;

  constructor(readonly folder: string) {
    this.#write(() => mkdirSync(folder, { recursive: true }));
  }

  get trouble(): LabnetError | undefined {
    return this.#trouble;
  }

  onTrouble(listener: () => void): void {
    this.#onTrouble = listener;
    if (this.#trouble) listener();
  }

  /** A line of events.jsonl: there at once, whatever happens next. */
  event(event: Readonly<Record<string, unknown>>): void {
    this.#write(() => appendFileSync(join(this.folder, 'events.jsonl'), `${JSON.stringify(event)}\n`));
  }

  /** Where a file of a step is to be; its folder is made. */
  path(kind: 'commands' | 'captures' | 'series', name: string): string {
    const folder = join(this.folder, kind);
    this.#write(() => mkdirSync(folder, { recursive: true }));
    return join(folder, name.replace('#', '-'));
  }

  text(path: string, text: string): void {
    this.#write(() => writeFileSync(path, text));
  }

  append(path: string, bytes: Buffer | string): void {
    this.#write(() => appendFileSync(path, bytes));
  }

  /** @throws LabnetError file-unwritable */
  json(name: string, value: unknown): void {
    try {
      writeDurably(join(this.folder, name), jsonOf(value));
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  /**
   * The manifest, with a list of all other files.
   * @throws LabnetError file-unwritable
   */
  manifest(value: object): void {
    this.json(MANIFEST, { ...value, files: this.#files() });
  }

  /** Lists what was written after the manifest. */
  addFiles(): void {
    this.manifest(JSON.parse(readFileSync(join(this.folder, MANIFEST), 'utf8')) as object);
  }

  #files(): ResultFile[] {
    try {
      return filesBelow(this.folder, [MANIFEST, `${MANIFEST}${UNFINISHED}`]);
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  #write(work: () => void): void {
    if (this.#trouble) return;
    try {
      work();
    } catch (error) {
      this.#trouble = this.#unwritable(error);
      this.#onTrouble();
    }
  }

  #unwritable(error: unknown): LabnetError {
    const fix = 'a folder that you may write to, on a disk with room';
    return failure('file-unwritable', `cannot write to ${this.folder}: ${messageOf(error)}`, fix, error);
  }
}
