/** Golden files: what a text has to be, kept beside what it is made from. UPDATE_GOLDEN=1 writes them anew. */
import type { ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathTo } from './topologies.js';

export function golden(t: ExecutionContext, path: string, actual: string): void {
  const file = pathTo(`test/golden/${path}`);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
  }
  if (existsSync(file)) t.is(actual, readFileSync(file, 'utf8'), `${path} (UPDATE_GOLDEN=1 writes it anew)`);
  else t.fail(`${path} is missing: UPDATE_GOLDEN=1 writes it`);
}
