/** Labs that do not fit, and places with little room to try them in. */
import type { ExecutionContext } from 'ava';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result, World } from './cli.js';
import { finished } from './cli.js';
import { temporaryFolder } from './folder.js';
import { holdersOf } from './machine.js';

export const TIMEOUT = 100_000;

/** A lab of hosts on one segment, called `room`. */
export function topology(hosts: number): string {
  const folder = temporaryFolder('room');
  // Another user's too.
  chmodSync(folder, 0o755);
  const path = join(folder, `room-${hosts}.yaml`);
  const text = `name: room\nsegments: { lan: 10.0.0.0/16 }\nhosts: { h: { count: ${hosts}, lan: auto } }\n`;
  writeFileSync(path, text, { mode: 0o644 });
  return path;
}

/** In a user namespace of its own, whose limits are its own too. */
export const inUserNamespace = (script: string): readonly string[] => [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  '--',
  'sh',
  '-c',
  script,
  'sh',
];

export const shell = async (world: World, argv: readonly string[]): Promise<Result> => {
  const [program = '', ...rest] = argv;
  return finished(
    spawn(program, rest, {
      env: world.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT,
      killSignal: 'SIGKILL',
    }),
  );
};

export function leavesNothing(t: ExecutionContext, world: World): void {
  t.deepEqual(holdersOf(world.stateDir, 'room'), []);
  t.deepEqual(existsSync(world.stateDir) ? readdirSync(world.stateDir) : [], []);
}
