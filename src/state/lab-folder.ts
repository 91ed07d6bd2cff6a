/** The folder of one lab. A mark in it distinguishes it from folders of other programs, which are never touched. */
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../core/errors.js';
import { makeStateRoot } from './root.js';

/** The mark in each folder that labnet has made. */
const MARK = '.labnet';

/** @throws LabnetError not-yours */
export function makeLabFolder(root: string, name: string): string {
  const folder = join(root, name);
  makeStateRoot(root);
  if (!isThere(folder)) mkdirSync(folder, { mode: 0o700 });
  else if (!isLabFolder(folder)) throw foreign(folder);
  writeFileSync(join(folder, MARK), '', { mode: 0o600 });
  return folder;
}

/** Leaves a folder alone that labnet did not make. */
export function removeLabFolder(root: string, name: string): void {
  const folder = join(root, name);
  if (!isThere(folder) || !isLabFolder(folder)) return;
  // The mark goes last, so that a killed labnet leaves a folder that is still known as labnet's.
  for (const entry of readdirSync(folder).filter((one) => one !== MARK))
    rmSync(join(folder, entry), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Marked, or made by one that was killed before it could mark it. */
const isLabFolder = (folder: string): boolean =>
  lstatSync(folder).isDirectory() && (existsSync(join(folder, MARK)) || readdirSync(folder).length === 0);

const foreign = (folder: string): Error =>
  failure(
    'not-yours',
    `${folder} exists already, and is not the folder of a lab`,
    'name another folder with --state-dir, or give the lab another name',
  );
