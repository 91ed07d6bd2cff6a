/** When a lab is up its segments pass packets on, however late the kernel takes notice of links. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { toolEnv } from '../../src/sys/tools.js';
import { finished, isRoot } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { pathTo } from '../helpers/topologies.js';

guardMachine(test);

const ROUNDS = 40;

test('the first packet through a port that is said to run is passed on', async (t) => {
  const words = [...(isRoot ? [] : ['--user', '--map-root-user']), '--net', '--', process.execPath];
  const program = spawn('unshare', [...words, pathTo('dist/test/helpers/ports.js'), `${ROUNDS}`], {
    env: toolEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  const { stdout, stderr } = await finished(program);
  t.is(stdout, `${ROUNDS}\n`, stderr);
});
