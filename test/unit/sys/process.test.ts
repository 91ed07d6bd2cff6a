import test from 'ava';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findByEnvironment, hasInEnvironment, isAlive, kill, startTimeOf } from '../../../src/sys/process.js';

const sleeper = (env: Record<string, string> = {}) => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { PATH: process.env['PATH'], ...env } });
  const pid = child.pid ?? 0;
  return { pid, startTime: startTimeOf(pid) ?? '' };
};

test('exactly the process that is meant is killed', async (t) => {
  const id = sleeper();
  t.true(isAlive(id));
  t.false(await kill({ ...id, startTime: '1' }));
  t.true(isAlive(id), 'another start time is another process');
  t.true(await kill(id));
  t.false(isAlive(id));
  t.false(await kill(id));
});

test('a process is found by its environment', async (t) => {
  const mark = `test-${process.pid}-${Date.now()}`;
  const id = sleeper({ LABNET_TEST_MARK: mark });
  t.deepEqual(findByEnvironment('LABNET_TEST_MARK', mark), [id]);
  t.deepEqual(findByEnvironment('LABNET_TEST_MARK', mark.slice(0, -1)), []);
  await kill(id);
});

/** Becomes the same program again and again, with next to no time for it on a processor that another one keeps busy. */
const RESTLESS = 'exec env ROUND=$((ROUND + 1)) sh -c "$0" "$0"';
const onOneProcessor = (...argv: readonly string[]): ChildProcess =>
  spawn('taskset', ['-c', '0', ...argv], {
    stdio: 'ignore',
    env: { ...process.env, LABNET_TEST_MARK: 'restless' },
  });

test('a process is known by its environment in the middle of becoming another program', async (t) => {
  const busy = onOneProcessor('sh', '-c', 'while :; do :; done');
  const restless = onOneProcessor('chrt', '--idle', '0', 'sh', '-c', RESTLESS, RESTLESS);
  t.teardown(() => [busy, restless].forEach((one) => one.kill('SIGKILL')));
  await once(restless, 'spawn');
  for (const end = performance.now() + 3_000; performance.now() < end;)
    t.true(hasInEnvironment(restless.pid ?? 0, 'LABNET_TEST_MARK', 'restless'));
});
