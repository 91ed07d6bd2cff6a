/** What is in bundles, and worlds to replay them in. */
import { Buffer } from 'node:buffer';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import type { World } from './cli.js';

export type Entries = Awaited<ReturnType<typeof unpackTar>>;

/** What replays leave, if anything, is in a folder of their own. */
export function replaying(world: World): { readonly replayer: World; readonly temporary: string } {
  const temporary = join(world.stateDir, 'tmp');
  if (!existsSync(temporary)) mkdirSync(temporary);
  chmodSync(temporary, 0o700);
  return { replayer: world.through('env', `TMPDIR=${temporary}`), temporary };
}

export const entriesOf = (path: string): Promise<Entries> => unpackTar(gunzipSync(readFileSync(path)));
export const bytesIn = (entries: Entries, name: string): Uint8Array =>
  entries.find(({ header }) => header.name === name)?.data ?? new Uint8Array();
export const textIn = (entries: Entries, name: string): string =>
  Buffer.from(bytesIn(entries, name)).toString('utf8');
