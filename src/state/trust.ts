/** Whether other users could replace a file or folder by one of theirs (path_resolution(7)). */
import type { Stats } from 'node:fs';
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

const STICKY = 0o1000;

/**
 * The folder above a path in which another user may replace what leads to it; undefined where none can. One that all may
 * write to, and nobody take from (as /tmp), is none.
 */
export function openAbove(path: string): string | undefined {
  const parent = dirname(path);
  const lexical = foldersTo(parent);
  const real = foldersTo(realOf(parent));
  return [...lexical, ...real].find((folder) => !isSafe(folder));
}

/** From the root downwards. */
const foldersTo = (path: string): string[] =>
  path === dirname(path) ? [path] : [...foldersTo(dirname(path)), path];

/** As much of it as is there, without symbolic links. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path === dirname(path) ? path : realOf(dirname(path));
  }
}

function isSafe(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return true;
  if (!isTrusted(found.uid)) return false;
  return !found.isDirectory() || !isOpenToOthers(found) || (found.mode & STICKY) !== 0;
}

/** A group of the user's own counts as the user, as it does to sshd of Debian. */
export function isOpenToOthers({ mode, gid }: Stats): boolean {
  const isOwnGroup = gid === 0 || gid === process.getegid?.();
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !isOwnGroup);
}

const isTrusted = (uid: number): boolean =>
  uid === 0 || uid === process.geteuid?.() || (uid === overflowUid() && isInUserNamespace());

/** What owners are shown as that have no number in this user namespace, the machine's root among them (user_namespaces(7)). */
const overflowUid = (): number => Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));

const isInUserNamespace = (): boolean =>
  !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
