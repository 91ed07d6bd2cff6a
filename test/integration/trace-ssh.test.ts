/** `labnet trace` on machines that are reached over SSH: the same account of the same packet, and nothing left there. */
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TraceResult } from '../../src/index.js';
import { guardMachine } from '../helpers/machine.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

unless(noSsh, test.serial)('over SSH: the journey, what is in the way, nothing left', async (t) => {
  await withSsh(async (ssh) => {
    const up = await ssh.up(examplePath('virtual-wan'));
    t.is(up.code, 0, up.stderr);
    const { world } = ssh;
    const told = (await world.json('trace', 'proxyA', 'proxyB', '--json')) as unknown as TraceResult;
    t.deepEqual([told.answered, told.notes, told.unexpected, told.cause], [true, [], [], undefined]);
    const hops = [...told.there.hops, ...told.back.hops];
    t.deepEqual(
      hops.map(({ machine }) => machine),
      ['proxyA', 'router', 'proxyB', 'proxyB', 'router', 'proxyA'],
    );
    const [, router] = told.there.hops;
    t.deepEqual(
      [
        router?.in?.segment,
        router?.out?.segment,
        ...(router?.translations ?? []).map(({ rule }) => rule?.at?.line),
      ],
      ['intnetA', 'intnetB', 20, 19],
    );
    for (const protocol of ['tcp', 'udp']) {
      const refused = await world.run('trace', 'proxyA', 'proxyB:81', '--proto', protocol);
      t.is(refused.code, 0, refused.stdout + refused.stderr);
      t.regex(refused.stdout, /nobody listens there/);
    }
    const plant = ['iptables', '-I', 'FORWARD', '-p', 'icmp', '-j', 'DROP'];
    t.is((await world.run('exec', 'router', '--', ...plant)).code, 0);
    const dropped = await world.run('trace', 'proxyA', 'proxyB');
    t.is(dropped.code, 1);
    t.regex(
      dropped.stdout,
      /router drops it by the rule '-A FORWARD -p icmp -j DROP', which is not of the topology/,
    );
    const child = world.start('trace', 'proxyA', 'proxyB', '--wait', '60');
    const tables = async () => (await world.run('exec', 'router', '--', 'nft', 'list', 'tables')).stdout;
    const until = performance.now() + 60_000;
    while (!(await tables()).includes('labnet-trace') && performance.now() < until) await sleep(50);
    child.kill('SIGKILL');
    while ((await tables()).includes('labnet-trace') && performance.now() < until) await sleep(50);
    t.false((await tables()).includes('labnet-trace'));
    await world.run('down');
  }, 'virtual-wan');
});
