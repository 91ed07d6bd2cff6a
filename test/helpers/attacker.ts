/** A second ordinary user, who puts things in the way of the first, or of root. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { toolEnv } from '../../src/sys/tools.js';
import { temporaryFolder } from './folder.js';

export const ATTACKER = 54322;

const AS_ATTACKER = ['--reuid', `${ATTACKER}`, '--regid', `${ATTACKER}`, '--clear-groups', '--', 'sh', '-c'];

/** Runs a script of theirs, with arguments from $1 on. */
export const attack = (script: string, ...args: readonly string[]): string =>
  execFileSync('setpriv', [...AS_ATTACKER, script, 'sh', ...args], {
    env: toolEnv(),
    encoding: 'utf8',
    timeout: 30_000,
  });

/** Runs one in the background, to be killed by the caller. */
export const keepAttacking = (script: string, ...args: readonly string[]): ChildProcess =>
  spawn('setpriv', [...AS_ATTACKER, script, 'sh', ...args], { env: toolEnv(), stdio: 'ignore' });

/** A folder in which all may write, and nobody remove what is another's. */
export function sharedFolder(): string {
  const folder = temporaryFolder('shared');
  chmodSync(folder, 0o1777);
  return folder;
}
