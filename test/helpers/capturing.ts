/** Captures that a test starts, and what is left of them. */
import type { ExecutionContext } from 'ava';
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toolEnv } from '../../src/sys/tools.js';
import type { Result, World } from './cli.js';
import { finished } from './cli.js';

/** Milliseconds: for a machine on which much else runs. */
const LONG = 60_000;

const running: ChildProcess[] = [];
export function endAll(): void {
  for (const child of running.splice(0)) child.kill('SIGKILL');
}

/** Starts a capture, and resolves when it listens. */
export async function capturing(
  t: ExecutionContext,
  who: World,
  ...args: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly end: Promise<Result> }> {
  const child = who.start('capture', ...args);
  running.push(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), LONG);
  child.once('close', () => clearTimeout(timer));
  const end = finished(child);
  let said = '';
  const listens = new Promise<void>((resolve) =>
    child.stderr?.on('data', (chunk: string) => {
      if ((said += chunk).includes('capturing at')) resolve();
    }),
  );
  await Promise.race([listens, end]);
  t.true(said.includes('capturing at'), said);
  return { child, end };
}

export const ping = (who: World, count: number): Promise<Result> =>
  who.run('exec', 'proxyA', '--', 'ping', '-q', '-c', `${count}`, '-i', '0.2', '100.100.100.200');

/** A line for each packet of a file, as tcpdump tells it. */
export const readBack = (file: string): string[] =>
  spawnSync('tcpdump', ['-n', '-t', '-r', file], { env: toolEnv(), encoding: 'utf8', timeout: 20_000 })
    .stdout.trim()
    .split('\n');

/** Programs of captures that run anywhere: its own name is in the command line of the shell that waits for it. */
export const remains = (place: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes('labnet-capture') && words.includes(place);
    } catch {
      return false;
    }
  });

/** What is left of captures at a place, when they have had time to end. */
export async function gone(place: string): Promise<string[]> {
  const until = performance.now() + 10_000;
  while (remains(place).length > 0 && performance.now() < until) await sleep(50);
  return remains(place);
}
