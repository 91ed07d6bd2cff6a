/** The folder in which labnet keeps its records: the user's own, closed to others. */
import type { Stats } from 'node:fs';
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { failure } from '../core/errors.js';
import { isOpenToOthers, openAbove } from './trust.js';

/** Where the folder is or would be; refused where it is not the user's own, or could be somebody else's the next moment. */
export function findStateRoot(wanted: string | undefined = process.env['LABNET_STATE_DIR']): string {
  const root = wanted === undefined || wanted === '' ? defaultRoot() : resolve(wanted);
  refuseOpenAbove(root);
  isStateRoot(root);
  return root;
}

/** Makes the folder where it is not there, and makes sure of it: for who is about to write in it. */
export function makeStateRoot(root: string): void {
  refuseOpenAbove(root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  isStateRoot(root);
}

/**
 * Whether it is there. Once it is, nobody else can put another in its place.
 * @throws LabnetError not-yours
 */
export function isStateRoot(root: string): boolean {
  const found = lstatSync(root, { throwIfNoEntry: false });
  if (found) refuseForeign(root, found);
  return found !== undefined;
}

function refuseOpenAbove(root: string): void {
  const open = openAbove(root);
  if (open !== undefined)
    throw failure(
      'not-yours',
      `${root} is below ${open}, where other users could replace it`,
      'name another with --state-dir',
    );
}

function refuseForeign(root: string, found: Stats): void {
  if (!found.isDirectory())
    throw failure('not-yours', `${root} is not a folder`, 'remove it, or name another with --state-dir');
  if (found.uid !== process.geteuid?.())
    throw failure('not-yours', `${root} belongs to another user`, 'name another with --state-dir');
  if ((found.mode & 0o022) !== 0)
    throw failure('not-yours', `${root} can be written by other users`, `chmod 700 ${root}`);
}

/**
 * Removes the folder where it is labnet's own choice and empty. Not below a folder that others may write to: between
 * two looks at it, somebody else could put theirs in its place.
 */
export function leaveStateRoot(root: string): void {
  if (root !== defaultRoot() && root !== findLastingRoot('')) return;
  try {
    if ((lstatSync(dirname(root)).mode & 0o022) !== 0) return;
    rmdirSync(root);
  } catch {
    // Not there, or not empty: another lab is.
  }
}

/** Where the records of labs are that outlive the machine's uptime; with the others where the user has no such place. */
export function findLastingRoot(wanted: string | undefined = process.env['LABNET_STATE_DIR']): string {
  if (wanted !== undefined && wanted !== '') return findStateRoot(wanted);
  try {
    const state = process.env['XDG_STATE_HOME'];
    // Not $HOME, which after sudo may be another user's.
    const parent =
      state !== undefined && isAbsolute(state) ? state : join(userInfo().homedir, '.local', 'state');
    return findStateRoot(join(parent, 'labnet'));
  } catch {
    return findStateRoot(wanted);
  }
}

/** What ends with the session or the machine, as labs do. */
function defaultRoot(): string {
  const uid = process.geteuid?.() ?? 0;
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && isOwn(runtime, uid)) return join(runtime, 'labnet');
  return uid === 0 ? '/run/labnet' : join(tmpdir(), `labnet-${uid}`);
}

/** After su and sudo it may be somebody else's. */
function isOwn(path: string, uid: number): boolean {
  try {
    const found = lstatSync(path);
    const isClosed = !isOpenToOthers(found) && openAbove(path) === undefined;
    return isAbsolute(path) && found.isDirectory() && found.uid === uid && isClosed;
  } catch {
    return false;
  }
}
