/** One turn of a soak: up, change, verify, down; by the library in this process, or by the command line. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Lab } from '../../src/index.js';
import { CLI } from '../helpers/cli.js';

export type Way = 'library' | 'cli';

const STEP_TIMEOUT = 120_000;

/** A home behind NAT; the change brings a host, another NAT, and renumbers one. */
const topology = (isChanged: boolean): Record<string, unknown> => ({
  name: 'soak',
  segments: { home: '192.168.1.0/24', internet: '203.0.113.0/24' },
  hosts: {
    alice: { home: isChanged ? '192.168.1.11' : '192.168.1.10' },
    server: { internet: '203.0.113.9' },
    ...(isChanged && { bob: { home: 'auto' } }),
  },
  routers: {
    gate: {
      interfaces: { home: '192.168.1.1', internet: '203.0.113.1' },
      nat: [{ masquerade: 'home', via: 'internet', preset: isChanged ? 'symmetric' : 'home-router' }],
    },
  },
  checks: [{ ping: 'alice -> server', 'seen-as': '203.0.113.1' }],
});

export type Cycle = () => Promise<void>;

/** @param folder where its topology file is */
export function cycleBy(way: Way, folder: string): Cycle {
  const file = join(folder, 'soak.yaml');
  const write = (isChanged: boolean): void => writeFileSync(file, stringify(topology(isChanged)));
  return way === 'library' ? () => libraryCycle(file, write) : () => cliCycle(file, write);
}

async function libraryCycle(file: string, write: (isChanged: boolean) => void): Promise<void> {
  write(false);
  const first = await Lab.up(file);
  await first.close();
  write(true);
  await using lab = await Lab.up(file);
  if (lab.changes.length === 0) throw new Error('nothing was changed');
  const { failed, verdicts } = await lab.verify();
  const wrong = verdicts.filter(({ status }) => status !== 'pass');
  if (failed > 0)
    throw new Error(
      wrong.map(({ id, observed, evidence }) => [id, observed, ...evidence].join('; ')).join('\n'),
    );
  const { exitCode } = await lab.exec('bob', ['ping', '-c1', '-W5', 'server']);
  if (exitCode !== 0) throw new Error('bob does not reach the server');
}

function cliCycle(file: string, write: (isChanged: boolean) => void): Promise<void> {
  write(false);
  labnet('up', file);
  write(true);
  labnet('up', file);
  labnet('verify');
  labnet('exec', 'bob', '--', 'ping', '-c1', '-W5', 'server');
  labnet('down');
  return Promise.resolve();
}

function labnet(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_TIMEOUT,
    killSignal: 'SIGKILL',
  });
  if (status !== 0) throw new Error(`labnet ${args.join(' ')}: ${status ?? 'killed'} ${stdout}${stderr}`);
}
