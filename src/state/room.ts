/** Whether the record of a lab fits into the file system of its folder. */
import { Buffer } from 'node:buffer';
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure } from '../core/errors.js';
import { count } from '../core/text.js';
import type { Lab } from '../model/lab.js';

/** More than any lab needs for one machine: with this much room nothing is calculated. */
const PLENTY = 64 << 10;
/** Bytes for the record, the lock, and partly used blocks. */
const BESIDE = 64 << 10;
/** The folder, two files and their new versions, the lock. */
const FILES = 8;

/** @throws LabnetError no-room */
export function requireStateRoom(root: string, lab: Lab): void {
  const { bavail, bsize, files, ffree } = statfsSync(nearest(root));
  const left = bavail * bsize;
  // File systems without a limit on files, such as btrfs, report 0 of 0.
  if (files > 0 && ffree < FILES)
    throw failure(
      'no-room',
      `${lab.name} needs ${FILES} files in ${root}, and ${count(ffree, 'file')} of ${files} are left there`,
      fixOf(root),
    );
  if (left >= BESIDE + lab.machines.length * PLENTY) return;
  // Twice, as the old file stays until the new one is complete.
  const needed = BESIDE + 2 * Buffer.byteLength(JSON.stringify(lab));
  if (needed > left)
    throw failure(
      'no-room',
      `${lab.name} needs ${kib(needed)} in ${root}, and ${kib(left)} are left there`,
      fixOf(root),
    );
}

const kib = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;

const fixOf = (root: string): string =>
  `make room on the file system of ${root}, or name another folder with --state-dir`;

/** The nearest folder above that exists already. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}
