/** Labs of the same name, subnets and interfaces run side by side under different state folders. */
import test from 'ava';
import { isRoot, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
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
