/** What a lab must not change: the machine's own network namespace, its mounts, and the processes outside of labs. */
import type { TestFn } from 'ava';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolEnv } from '../../src/sys/tools.js';
import { findByEnvironment } from '../../src/sys/process.js';

const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['ip', '-j', '-d', 'link'],
  ['ip', '-j', 'address'],
  ['ip', '-j', 'route', 'show', 'table', 'all'],
  ['ip', '-j', '-6', 'route', 'show', 'table', 'all'],
  ['ip', '-j', 'rule'],
  ['ip', '-j', 'netns'],
  ['nft', 'list', 'ruleset'],
];

/** Counts of the kernel's own, and life times that run down by themselves. */
const VOLATILE = /(nf_conntrack_count|tcp_fastopen_key|valid_life_time|preferred_life_time|expires)/;

export function machineState(): Record<string, string> {
  const state = Object.fromEntries(COMMANDS.map((argv) => [argv.join(' '), run(argv)]));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  return { ...state, mounts, ...sysctls('/proc/sys/net') };
}

function run([program, ...rest]: readonly [string, ...string[]]): string {
  try {
    const text = execFileSync(program, rest, {
      env: toolEnv(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.replace(/"(valid_life_time|preferred_life_time|expires)":\d+,?/g, '');
  } catch {
    // Not for this user to see.
    return '';
  }
}

function sysctls(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) Object.assign(found, sysctls(path));
    else if (!VOLATILE.test(path)) found[path] = readSafely(path);
  }
  return found;
}

function readSafely(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Every setting that was there has to be as it was; a module loaded meanwhile may bring new ones. */
export function differences(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(before).filter((key) => before[key] !== after[key]);
}

/** Asserts, around all tests of a file, that the machine is as before. Other files may run labs meanwhile. */
export function guardMachine(test: TestFn): void {
  let before: Record<string, string> = {};
  test.before('the machine before', () => {
    before = machineState();
  });
  test.after.always('the machine is as before', (t) => {
    t.deepEqual(differences(before, machineState()), []);
  });
}

/** The processes that hold labs recorded under a state folder. */
export const holdersOf = (stateDir: string, lab: string): number[] =>
  findByEnvironment('LABNET_HOLDER', join(stateDir, lab)).map(({ pid }) => pid);
