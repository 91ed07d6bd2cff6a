/** `labnet trace` as it ends: stopped, at work beside other commands, or refused, it leaves nothing. */
import test from 'ava';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

/** Milliseconds: for a machine on which much else runs. */
const LONG = 60_000;

const tablesOf = async (world: World, machine: string): Promise<string> =>
  (await world.run('exec', machine, '--', 'nft', 'list', 'tables')).stdout;

for (const signal of ['SIGKILL', 'SIGINT'] as const)
  test.serial(`stopped by ${signal}, it leaves no table of rules and no program`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    t.is((await world.run('up', examplePath('router-chain'))).code, 0);
    await world.run('exec', 'sink', '--', 'ip', 'route', 'del', 'default');
    const child = world.start('trace', 'source', 'sink', '--wait', '60');
    const closed = once(child, 'close');
    const until = performance.now() + LONG;
    while (!(await tablesOf(world, 'r3')).includes('labnet-trace')) {
      t.true(performance.now() < until, 'it never began');
      await sleep(50);
    }
    child.kill(signal);
    await closed;
    while ((await tablesOf(world, 'r3')).includes('labnet-trace') && performance.now() < until)
      await sleep(50);
    t.false((await tablesOf(world, 'r3')).includes('labnet-trace'));
    const drift = await world.json('status', '--drift', '--json');
    t.deepEqual(
      (drift['changes'] as { machine: string }[]).map(({ machine }) => machine),
      ['sink'],
    );
  });

test.serial('while it is at work, nothing of it counts as changed by hand', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  t.is((await world.run('up', examplePath('virtual-wan'))).code, 0);
  // Somebody whose port is taken and who does not answer, so that there is something to wait for.
  const child = world.start('trace', 'proxyA', '172.168.10.100', '--wait', '6');
  const ended = finished(child);
  while (child.exitCode === null && !(await tablesOf(world, 'router')).includes('labnet-trace'))
    await sleep(50);
  t.deepEqual((await world.json('status', '--drift', '--json'))['changes'], []);
  const { code, stdout } = await ended;
  t.is(code, 1);
  t.regex(stdout, /router drops it by the rule .*as the topology wants it: untranslated to intnetB/);
});

test.serial('what cannot be asked is said with exit code 2', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  t.is((await world.run('up', examplePath('virtual-wan'))).code, 0);
  for (const [args, said] of [
    [['proxyX', 'proxyB'], /error\[machine-not-found\][^]*did you mean 'proxyA'/],
    [['proxyA', 'proxyC'], /error\[machine-not-found\]/],
    [['proxyA', 'proxyB.intnetA'], /error\[not-attached\]/],
    [['proxyA', 'proxyB:80', '--proto', 'icmp'], /error\[bad-usage\]: ICMP has no ports/],
    [['proxyA', 'proxyB', '--proto', 'udp'], /error\[bad-usage\]: udp needs a port/],
    [['proxyA', 'proxyB', '--proto', 'upd'], /error\[bad-usage\][^]*fix: protocols: icmp, tcp, udp/],
    [['proxyA', 'proxyB:99999'], /error\[bad-usage\]: 'proxyB:99999' is no destination/],
    [['proxyA', 'proxyB', '--size', '10'], /error\[bad-usage\]: --size is 68 to 65535 bytes/],
    [['proxyA', 'proxyB:80', '--size', '100'], /error\[bad-usage\]/],
    [['proxyA', 'proxyB', '--wait', '0'], /error\[bad-usage\]: --wait/],
  ] as const) {
    const { code, stdout, stderr } = await world.run('trace', ...args);
    t.is(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
    t.regex(stderr, said);
  }
});
