/** The kernel's floor: floor.c, compiled and run in namespaces of its own. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { inRoot, run, start } from './processes.js';
import type { Running } from './processes.js';
import { sandboxed } from './sandbox.js';
import { settle } from './settle.js';

/** As many as labnet's mesh has engines. */
const MOST_THREADS = 8;
const BINARY = inRoot('dist/test/bench/floor-c');

type Phase = 'namespaces' | 'links' | 'addresses' | 'nat' | 'total';

/** In milliseconds but for `answered`: how many hosts got an answer to a ping. */
export type FloorRound = Readonly<Record<Phase | 'answered' | 'down' | 'cleanup', number>>;

export async function compileFloor(): Promise<void> {
  mkdirSync(dirname(BINARY), { recursive: true });
  const source = inRoot('test/bench/floor.c');
  await run(['gcc', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', BINARY, source]);
}

export async function floorRound(hosts: number): Promise<FloorRound> {
  const running = start(sandboxed([BINARY, String(hosts)]));
  const said = JSON.parse(await firstLine(running)) as Omit<FloorRound, 'down' | 'cleanup'>;
  const started = performance.now();
  running.child.stdin.end();
  await running.closed;
  const down = performance.now() - started;
  return { ...said, down, cleanup: await settle() };
}

/** Milliseconds from the clock and of the processors that a full mesh takes two threads of C, and how many pairs answered. */
export type FloorMesh = Readonly<Record<'mesh' | 'meshProcessor' | 'meshAnswered', number>>;

export async function floorMesh(hosts: number): Promise<FloorMesh> {
  const threads = Math.min(availableParallelism(), MOST_THREADS);
  const running = start(sandboxed([BINARY, String(hosts), String(threads), 'mesh']));
  const { mesh, meshProcessor, meshAnswered } = JSON.parse(await firstLine(running)) as FloorMesh;
  running.child.stdin.end();
  await running.closed;
  await settle();
  return { mesh, meshProcessor, meshAnswered };
}

/** It is up and stays; if it ends before, that is the error. */
function firstLine({ child, closed }: Running): Promise<string> {
  const line = new Promise<string>((resolve) => {
    let text = '';
    child.stdout.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text);
    });
  });
  return Promise.race([line, closed.then(({ stdout }) => stdout)]);
}
