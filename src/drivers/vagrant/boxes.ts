/** The boxes of a lab's machines as they are on this computer: versions, and a checksum of every file. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Lab } from '../../model/lab.js';
import { boxOf } from '../../render/vagrant.js';

export type Box = {
  readonly name: string;
  /** By path below the box's folder, which begins with its version and provider. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
};

export async function boxesOf(lab: Lab): Promise<Box[]> {
  const home = process.env['VAGRANT_HOME'] ?? join(homedir(), '.vagrant.d');
  const boxes: Box[] = [];
  for (const name of new Set(lab.machines.map(boxOf))) {
    // As vagrant itself writes names into paths (box_collection.rb).
    const folder = join(
      home,
      'boxes',
      name.replaceAll(':', '-VAGRANTCOLON-').replaceAll('/', '-VAGRANTSLASH-'),
    );
    const files: { path: string; sha256: string }[] = [];
    for (const path of filesIn(folder))
      files.push({ path: relative(folder, path), sha256: await hashOf(path) });
    boxes.push({ name, files });
  }
  return boxes;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    // A box of this name was never added here.
    return [];
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
