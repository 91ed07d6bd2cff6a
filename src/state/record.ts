/** The record of a running lab, which the next command reads. */
import type { Dirent } from 'node:fs';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failure, messageOf } from '../core/errors.js';
import { NAME } from '../core/name.js';
import { inPhase } from '../core/phases.js';
import { hasFields } from '../core/shape.js';
import type { Lab } from '../model/lab.js';
import { flushFolder, flushFolderBeside, writeDurably } from '../sys/durable.js';
import { makeLabFolder, removeLabFolder } from './lab-folder.js';
import { isLockText } from './holding.js';
import { isStateRoot, leaveStateRoot } from './root.js';

const RECORD_VERSION = 1;

export type LabRecord = {
  readonly version: typeof RECORD_VERSION;
  readonly name: string;
  readonly driver: string;
  /** ISO 8601. */
  readonly created: string;
  /** The topology file, absolute; empty where the lab was made from text. */
  readonly file: string;
  /** SHA-256 of the file with the lab, which is also part of its name. */
  readonly lab: string;
  /** Data of the driver to find the lab again. Only `folder` in it is read here, and must be the lab's own. */
  readonly runtime: unknown;
  /** False while the lab is being made or changed, and after a failure of that. */
  readonly complete: boolean;
  /** For a lab that is being changed: the connections that routers must delete at the end (apply/stale.ts). */
  readonly stale?: Readonly<Record<string, readonly string[]>>;
};

const FIELDS = {
  version: 'number',
  name: 'string',
  driver: 'string',
  created: 'string',
  file: 'string',
  lab: 'string',
  complete: 'boolean',
} as const;

const isRecord = (value: unknown): value is LabRecord =>
  hasFields(value, FIELDS) && value.version === RECORD_VERSION && 'runtime' in value;

const RECORD = 'state.json';
/** The file of older versions, which overwrote it. */
const OLD_LAB = 'lab.json';
const labFile = (hash: string): string => `lab-${hash.slice(0, 16)}.json`;
const isLabFile = (name: string): boolean => /^lab(-|\.json)/.test(name);

export class Records {
  /**
   * @param root for locks, and for labs that end with the session or a reboot
   * @param lastingRoot for labs that survive a reboot
   */
  constructor(
    readonly root: string,
    readonly lastingRoot: string = root,
  ) {}

  /** Names of labs with a folder here, complete or not. */
  names(): string[] {
    const entries = [this.root, this.lastingRoot].flatMap(entriesOf);
    const folders = entries.filter((entry) => entry.isDirectory() && NAME.test(entry.name));
    return [...new Set(folders.map(({ name }) => name))].sort();
  }

  /** The same, with the names of lock files whose owner was killed before it made a folder. */
  traces(): string[] {
    const locks = entriesOf(this.root)
      .filter((entry) => entry.isFile() && entry.name.endsWith('.lock'))
      .filter(({ name }) => isLockText(readIfThere(join(this.root, name))))
      .map(({ name }) => name.slice(0, -'.lock'.length))
      .filter((name) => NAME.test(name));
    return [...new Set([...this.names(), ...locks])].sort();
  }

  folder(name: string): string {
    const lasting = join(this.lastingRoot, name);
    return existsSync(lasting) ? lasting : join(this.root, name);
  }

  /**
   * Makes the folder of a lab, closed to other users.
   * @throws LabnetError not-yours where something else has that name
   */
  make(name: string, lasting: boolean): string {
    const root = lasting ? this.lastingRoot : this.root;
    const folder = makeLabFolder(root, name);
    if (lasting) flushFolder(root);
    return folder;
  }

  /** Resolves when the folders of labs that end with the machine are on the disk, by their names: before such a lab may live. */
  async flush(): Promise<void> {
    await flushFolderBeside(this.root);
    // Whoever waits for the disk has time for what is loaded late.
    crypto();
  }

  /** Undefined where there is none, or where `up` was killed before writing it. */
  read(name: string): LabRecord | undefined {
    const path = join(this.folder(name), RECORD);
    if (!existsSync(path)) return undefined;
    const found: unknown = parse(path);
    const version = (found as { version?: unknown } | null)?.version;
    if (typeof version === 'number' && version > RECORD_VERSION) {
      throw failure(
        'state-newer',
        `lab ${name} was brought up by a newer labnet`,
        'use that version, also to take it down',
      );
    }
    if (!isRecord(found)) throw unreadable(path, 'it is not the record of a lab');
    // A moved or edited record could make labnet remove another lab's folder, or any folder.
    if (found.name !== name) throw unreadable(path, `it is the record of another lab, '${found.name}'`);
    const folder = folderIn(found.runtime);
    if (folder !== undefined && folder !== this.folder(name))
      throw unreadable(path, 'it is the record of a lab in another folder');
    return found;
  }

  readLab({ name, lab: hash }: LabRecord): Lab {
    const own = join(this.folder(name), labFile(hash));
    const path = existsSync(own) ? own : join(this.folder(name), OLD_LAB);
    return inPhase('record', () => {
      const text = readText(path);
      if (hashOf(text) !== hash) throw unreadable(path, 'it has changed since the lab was brought up');
      const lab = JSON.parse(text) as Lab;
      // Names become parts of paths.
      if (!lab.machines.every((machine) => NAME.test(machine.name)))
        throw unreadable(path, 'it has a machine with an invalid name');
      return lab;
    });
  }

  /**
   * Writes the lab first, and then the record in one step, so that a record is always complete and its lab exists.
   * Both are on the disk when this returns, except the name of a folder that was just made (`flush`).
   */
  write(
    record: Omit<LabRecord, 'version' | 'lab'>,
    lab: Lab,
    directory = this.make(record.name, false),
  ): LabRecord {
    return inPhase('record', () => this.#write(record, lab, directory));
  }

  #write(record: Omit<LabRecord, 'version' | 'lab'>, lab: Lab, directory: string): LabRecord {
    const text = JSON.stringify(lab);
    const whole: LabRecord = { version: RECORD_VERSION, ...record, lab: hashOf(text) };
    const file = labFile(whole.lab);
    if (!existsSync(join(directory, file))) writeDurably(join(directory, file), text);
    writeDurably(join(directory, RECORD), JSON.stringify(whole));
    for (const name of readdirSync(directory))
      if (isLabFile(name) && name !== file) rmSync(join(directory, name), { force: true });
    return whole;
  }

  /** Leaves folders alone that are not of a lab. */
  remove(name: string): void {
    for (const root of new Set([this.root, this.lastingRoot])) removeLabFolder(root, name);
    // The other root is removed when its lock is released.
    if (this.lastingRoot !== this.root) leaveStateRoot(this.lastingRoot);
  }
}

const entriesOf = (root: string): Dirent[] =>
  isStateRoot(root) ? readdirSync(root, { withFileTypes: true }) : [];

/** The folder in the data of a driver, if there is one. */
const folderIn = (runtime: unknown): unknown => (runtime as { folder?: unknown } | null)?.folder;

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Loaded when it is first needed, as it takes some milliseconds. */
const crypto = () => process.getBuiltinModule('node:crypto');
const hashOf = (text: string): string => crypto().createHash('sha256').update(text).digest('hex');

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, messageOf(error));
  }
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (error) {
    throw unreadable(path, messageOf(error));
  }
}

const unreadable = (path: string, why: string): Error =>
  failure('state-unreadable', `${path}: ${why}`, "take the lab down: 'labnet down NAME' works without it");
