/** Scenarios that are run: their files, and what is in their folders of results. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Who } from './cli.js';
import { World } from './cli.js';
import { temporaryFolder } from './folder.js';
import { pathTo } from './topologies.js';

type Context = { teardown: (work: () => Promise<void>) => void };

export function world(t: Context, who: Who = 'self'): World {
  const made = new World(who);
  t.teardown(() => made.end());
  return made;
}

export const TOPOLOGY = pathTo('topologies/hole-punching.yaml');

export function written(text: string): string {
  const file = join(temporaryFolder('scenario'), 'test.scenario.yaml');
  writeFileSync(file, `topology: ${TOPOLOGY}\n${text}`);
  return file;
}

export type Manifest = {
  readonly status: string;
  readonly seed: number;
  readonly schedule: readonly { readonly id: string; readonly within?: number }[];
  readonly steps: readonly {
    readonly id: string;
    readonly status: string;
    readonly detail: string;
    readonly tries?: number;
    /** Milliseconds since the run began. */
    readonly planned?: number;
    readonly started?: number;
    readonly ended?: number;
  }[];
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
};
export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
export const eventsOf = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

export const noLabs = async (labnet: World): Promise<unknown> =>
  (await labnet.json('list', '--json'))['labs'];
