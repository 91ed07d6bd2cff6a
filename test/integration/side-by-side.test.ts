/** Labs of the same name, subnets and interfaces run side by side under different state folders. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { isRoot, World } from '../helpers/cli.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

test('six labs of one name, each whole and none in another', async (t) => {
  const worlds = Array.from({ length: 6 }, (_, i) => new World(isRoot && i % 2 === 1 ? 'user' : 'self'));
  t.teardown(async () => {
    await Promise.all(worlds.map((world) => world.end()));
  });
  const ups = await Promise.all(worlds.map((world) => world.run('up', examplePath('virtual-wan'))));
  t.true(
    ups.every(({ code }) => code === 0),
    ups.map(({ stderr }) => stderr).join(''),
  );
  for (const [index, world] of worlds.entries())
    await world.run('exec', 'proxyB', '--', 'sh', '-c', `echo ${index} > /run/who`);
  const who = await Promise.all(worlds.map((world) => world.run('exec', 'proxyB', '--', 'cat', '/run/who')));
  t.deepEqual(
    who.map(({ stdout }) => stdout.trim()),
    ['0', '1', '2', '3', '4', '5'],
  );
  const [first, ...others] = worlds;
  t.is((await first?.run('down'))?.code, 0);
  const verified = await Promise.all(others.map((world) => world.run('verify')));
  t.deepEqual(
    verified.map(({ code }) => code),
    others.map(() => 0),
    verified.map(({ stdout }) => stdout).join('\n'),
  );
});

test('a lab keeps open nothing that its up was handed', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const [program, ...rest] = world.argv('up', examplePath('virtual-wan'));
  const child = spawn(program, rest, {
    env: world.env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const closed = Promise.all(
    [child.stdio[3], child.stdio[4]].map((pipe) => once((pipe as Readable).resume(), 'close')),
  );
  await once(child, 'exit');
  await Promise.race([
    closed,
    new Promise((_, reject) => setTimeout(() => reject(new Error('still open')), 5000)),
  ]);
  t.is(holdersOf(world.stateDir, 'virtual-wan').length, 1);
});
