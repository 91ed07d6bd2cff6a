/** The folder in which labnet keeps its records: the user's own, closed to others. */
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { failure } from '../core/errors.js';

/** The folder, made where it is not there; refused where it is not the user's own. */
export function openStateRoot(wanted: string | undefined = process.env['LABNET_STATE_DIR']): string {
  const root = wanted === undefined || wanted === '' ? defaultRoot() : resolve(wanted);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const found = lstatSync(root);
  if (!found.isDirectory())
    throw failure('not-yours', `${root} is not a folder`, 'remove it, or name another with --state-dir');
  if (found.uid !== process.geteuid?.())
    throw failure('not-yours', `${root} belongs to another user`, 'name another with --state-dir');
  if ((found.mode & 0o022) !== 0)
    throw failure('not-yours', `${root} can be written by other users`, `chmod 700 ${root}`);
  return root;
}

/** What ends with the session or the machine, as labs do. */
function defaultRoot(): string {
  const uid = process.geteuid?.() ?? 0;
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && isOwn(runtime, uid)) return join(runtime, 'labnet');
  return uid === 0 ? '/run/labnet' : join(tmpdir(), `labnet-${uid}`);
}

function isOwn(path: string, uid: number): boolean {
  try {
    const found = lstatSync(path);
    return found.isDirectory() && found.uid === uid;
  } catch {
    return false;
  }
}
