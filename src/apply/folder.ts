/** The topology files of a folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { badInput } from '../core/errors.js';
import { list } from '../core/suggest.js';

/** A larger file is no topology: see topology/source.ts. */
const LARGEST = 1 << 19;

/** The files of the folder that look like topologies. */
export function topologyFiles(folder = '.'): string[] {
  return readdirSync(folder).filter(
    (name) => /\.ya?ml$/.test(name) && looksLikeTopology(resolvePath(folder, name)),
  );
}

function looksLikeTopology(file: string): boolean {
  try {
    const stats = statSync(file);
    // To read a pipe, or what /proc has without a size, may be to wait for ever.
    if (!stats.isFile() || stats.size === 0 || stats.size > LARGEST) return false;
    return /^segments\s*:/m.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/** The file named, or the only one in the folder. */
export function chooseFile(named: string | undefined): string {
  if (named !== undefined) return named;
  const [only, ...more] = topologyFiles();
  if (only === undefined)
    throw badInput(
      'no-topology',
      'no topology file was given, and there is none in this folder',
      "name one, or let 'labnet init' write one",
    );
  if (more.length > 0)
    throw badInput(
      'no-topology',
      `several topology files are in this folder: ${list([only, ...more])}`,
      'name one of them',
    );
  return only;
}
