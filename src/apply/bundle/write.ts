/** Writes bundles. */
import { basename, dirname } from 'node:path';
import { gunzipSync, constants } from 'node:zlib';
import { badInput } from '../../core/errors.js';
import { packFiles } from '../../transport/archive.js';
import type { OwnFile } from '../../transport/replace.js';
import { refuseOthers, replaceFiles } from '../../transport/replace.js';
import type { Contents } from './contents.js';
import { BUNDLE_MARK, withManifest } from './manifest.js';

export function refuseBundle(path: string): void {
  if (/(^|\/)\.{0,2}$/.test(path)) throw badInput('bad-usage', `'${path}' is not the name of a file`);
  refuseOthers(dirname(path), [fileOf(path)]);
}

export async function writeBundle(path: string, { about, files }: Contents): Promise<void> {
  const content = await packFiles(withManifest(about, files));
  await replaceFiles(dirname(path), [{ ...fileOf(path), content }]);
}

/** The manifest is the first file, and begins with its schema. */
const fileOf = (path: string): OwnFile => ({
  name: basename(path),
  isOwn: (start) => {
    try {
      return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }).includes(BUNDLE_MARK);
    } catch {
      return false;
    }
  },
});
