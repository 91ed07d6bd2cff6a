import test from 'ava';
import { spawn } from 'node:child_process';
import { findByEnvironment, isAlive, kill, startTimeOf } from '../../../src/sys/process.js';

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
