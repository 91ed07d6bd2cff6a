/** Traffic from A to B (10.1.0.2) by other programs than labnet's, and what became of it. */
import type { ExecutionContext } from 'ava';
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished } from './cli.js';

/** How programs are run in machines. */
export type Runner = {
  readonly start: (machine: string, ...argv: readonly string[]) => ChildProcess;
  /** What it prints. */
  readonly exec: (machine: string, ...argv: readonly string[]) => Promise<string>;
};

/** Why there is none here; empty where there is. */
export const noIperf = spawnSync('iperf3', ['--version']).status === 0 ? '' : 'no iperf3 here';

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await isSo()) return;
    await sleep(100);
  }
  throw new Error('it never came to be');
}

/** Mbit/s that arrived at the other end, over the time in which they arrived. */
export async function iperfRate({ start, exec }: Runner, ...more: readonly string[]): Promise<number> {
  const ended = finished(start('B', 'iperf3', '-s', '-1'));
  await until(async () => (await exec('B', 'ss', '-Hltn')).includes(':5201'));
  const said = await exec('A', 'iperf3', '-J', '-c', '10.1.0.2', '-t', '3', ...more);
  await ended;
  const { end } = JSON.parse(said) as {
    end: Record<'sum_received' | 'sum', { bits_per_second: number } | undefined>;
  };
  return (end.sum_received?.bits_per_second ?? 0) / 1e6;
}

/** How many of so many echo requests were answered. */
export async function echoes({ exec }: Runner, count: number): Promise<number> {
  const said = await exec('A', 'ping', '-q', '-i', '0.002', '-c', `${count}`, '10.1.0.2');
  return Number(/(\d+) received/.exec(said)?.[1]);
}

const ECHO = `
  const net = require('node:net');
  net.createServer((socket) => socket.pipe(socket)).listen(7777);`;
const ASK = `
  const net = require('node:net');
  const socket = net.connect(7777, '10.1.0.2');
  let asked = 0, heard = 0;
  const bytes = Buffer.alloc(20000, 97);
  socket.on('data', (chunk) => { heard += chunk.length; });
  setInterval(() => { if (asked - heard < 1e5) { socket.write(bytes); asked += bytes.length; } process.stdout.write(heard + '\\n'); }, 50);
  socket.on('close', () => { console.log('closed'); process.exit(1); });
  socket.on('error', (error) => { console.log('error ' + error.code); });`;

export type Flow = {
  /** It was never cut, and goes on. */
  readonly answersOn: (t: ExecutionContext) => Promise<void>;
  readonly end: () => void;
};

/** A connection on which each line is answered. */
export async function startFlow({ start, exec }: Runner): Promise<Flow> {
  const serve = start('B', process.execPath, '-e', ECHO);
  await until(async () => (await exec('B', 'ss', '-Hltn')).includes(':7777'));
  const asking = start('A', process.execPath, '-e', ASK);
  let said = '';
  asking.stdout?.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-2000)));
  const heard = (): number => Number(said.trim().split('\n').at(-1));
  await until(() => Promise.resolve(heard() > 0));
  return {
    answersOn: async (t: ExecutionContext): Promise<void> => {
      t.notRegex(said, /closed|error/);
      const before = heard();
      await until(() => Promise.resolve(heard() > before + 20_000));
      t.notRegex(said, /closed|error/);
    },
    end: (): void => {
      asking.kill();
      serve.kill();
    },
  };
}
