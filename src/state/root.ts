/** The folder in which labnet keeps its records: it belongs to the user and is closed to others. */
import type { Stats } from 'node:fs';
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { failure } from '../core/errors.js';
import { isOpenToOthers, openAbove } from './trust.js';

/** The path of the folder. Refused where it belongs to another user, or another user could replace it. */
export function findStateRoot(wanted: string | undefined = process.env['LABNET_STATE_DIR']): string {
  const root = wanted === undefined || wanted === '' ? defaultRoot() : resolve(wanted);
  refuseOpenAbove(root);
  isStateRoot(root);
  return root;
}

/** Makes the folder if it is missing, and checks it, before something is written there. */
export function makeStateRoot(root: string): void {
  refuseOpenAbove(root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  isStateRoot(root);
}

/**
 * Whether it exists. Once it does, no other user can replace it.
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
 * Removes the folder if labnet chose it and it is empty. Not below a folder that others may write to, as another user
 * could replace it in the meantime.
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

/** The folder for labs that survive a reboot; the same as for other labs where the user has no suitable folder. */
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

/** A folder that is emptied at the end of the session or at a reboot, as labs are. */
function defaultRoot(): string {
  const uid = process.geteuid?.() ?? 0;
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && isOwn(runtime, uid)) return join(runtime, 'labnet');
  return uid === 0 ? '/run/labnet' : join(tmpdir(), `labnet-${uid}`);
}

/** After su or sudo the variable may name another user's folder. */
function isOwn(path: string, uid: number): boolean {
  try {
    const found = lstatSync(path);
    const isClosed = !isOpenToOthers(found) && openAbove(path) === undefined;
    return isAbsolute(path) && found.isDirectory() && found.uid === uid && isClosed;
  } catch {
    return false;
  }
}
