/** Every pair of hosts asked, by real packets: all answered, and what does not answer said. */
import test from 'ava';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wanTopology } from '../bench/wan.js';
import { enginesFor } from '../../src/drivers/netns/mesh.js';
import { OUTPUTS } from '../../src/report/outputs.js';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

/** Hosts whose pairs are enough for two engines. */
const SHARED = 200;

for (const who of ['self', 'user'] as const)
  test(`every pair of a WAN answers (${who})`, async (t) => {
    const labnet = new World(who);
    t.teardown(() => labnet.end());
    const folder = temporaryFolder('mesh');
    chmodSync(folder, 0o755);
    const file = join(folder, 'wan.yaml');
    writeFileSync(file, wanTopology(50));
    t.is((await labnet.run('up', file)).code, 0);
    const { schema, ...report } = await labnet.json('verify', '--mesh', '--json');
    t.is(schema, 'labnet.mesh/1');
    t.deepEqual(OUTPUTS.mesh.strict().parse(report), report);
    t.like(report, { hosts: 50, pairs: 2450, answered: 2450, lost: 0, apart: 0, lostPairs: [] });
    t.is(Number(report['sent']) - Number(report['again']), 2450);
  });

for (const who of ['self', 'user'] as const)
  test(`several engines ask a share each; who is cut off is lost in all of them (${who})`, async (t) => {
    const labnet = new World(who);
    t.teardown(() => labnet.end());
    const folder = temporaryFolder('mesh');
    chmodSync(folder, 0o755);
    const file = join(folder, 'wan.yaml');
    writeFileSync(file, wanTopology(SHARED));
    t.true(enginesFor(SHARED, 2) === 2 && enginesFor(50, 2) === 1);
    t.is((await labnet.run('up', file)).code, 0);
    await labnet.run('exec', 'host-1', '--', 'ip', 'link', 'set', 'eth0', 'down');
    const report = await labnet.json('verify', '--mesh', '--json');
    const pairs = SHARED * (SHARED - 1);
    const lost = 2 * (SHARED - 1);
    t.like(report, { hosts: SHARED, pairs, answered: pairs - lost, lost, apart: 0 });
    const { lostPairs } = OUTPUTS.mesh.parse(report);
    t.is(lostPairs.length, lost);
    t.is(lostPairs.filter(({ from }) => from === 'host-1').length, SHARED - 1);
    t.is(new Set(lostPairs.filter(({ to }) => to === 'host-1').map(({ from }) => from)).size, SHARED - 1);
  });

test('one that is cut off is lost to everybody, and asks in vain', async (t) => {
  const labnet = new World();
  t.teardown(() => labnet.end());
  t.is((await labnet.run('up', examplePath('virtual-wan'))).code, 0);
  await labnet.run('exec', 'proxyB', '--', 'ip', 'link', 'set', 'eth0', 'down');
  const { code, stdout } = await labnet.run('verify', '--mesh');
  t.is(code, 1);
  t.regex(stdout, /✗ proxyA -> proxyB \(100\.100\.100\.200\): no answer/);
  t.regex(stdout, /✗ proxyB -> peerB \(172\.168\.10\.101\): no answer/);
  // Three pairs lead to it and two from it.
  t.regex(stdout, /✗ 3 of 8 pairs answered/);
});

test('one that does not answer is lost to those who ask it, and asked again before', async (t) => {
  const labnet = new World();
  t.teardown(() => labnet.end());
  t.is((await labnet.run('up', examplePath('virtual-wan'))).code, 0);
  const silence = [
    'iptables',
    '-t',
    'mangle',
    '-A',
    'OUTPUT',
    '-p',
    'icmp',
    '--icmp-type',
    'echo-reply',
    '-j',
    'DROP',
  ];
  await labnet.run('exec', 'peerB', '--', ...silence);
  const report = await labnet.json('verify', '--mesh', '--json');
  t.like(report, { pairs: 8, answered: 7, lost: 1, again: 1, sent: 10 });
  t.deepEqual(report['lostPairs'], [{ from: 'proxyB', to: 'peerB', address: '172.168.10.101' }]);
});
