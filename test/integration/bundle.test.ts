/** Bundles: made of real labs, and replayed beside them. */
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wanTopology } from '../bench/wan.js';
import { OUTPUTS } from '../../src/report/outputs.js';
import { toolEnv } from '../../src/sys/tools.js';
import { bytesIn, entriesOf, replaying, textIn } from '../helpers/bundles.js';
import { finished, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

test('a bundle has the lab, its rules, its packets and its verdicts; its replay is equal and leaves nothing', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('two-homes'));
  const bundle = join(world.stateDir, 'run.tar.gz');
  const made = await world.run('verify', '--bundle', bundle);
  t.is(made.code, 0, made.stderr);
  const entries = await entriesOf(bundle);
  t.is(textIn(entries, 'topology.yaml'), readFileSync(examplePath('two-homes'), 'utf8'));
  t.regex(textIn(entries, 'routers/router-a/nft-ruleset.txt'), /counter packets \d+/);
  t.regex(textIn(entries, 'routers/router-a/iptables-save.txt'), /^\[\d+:\d+\] -A /m);
  t.regex(textIn(entries, 'routers/router-a/sysctl.txt'), /^net\.ipv4\.ip_forward = 1$/m);
  t.regex(textIn(entries, 'rendered/router-a/rules.nft'), /^table ip labnet/m);
  t.regex(textIn(entries, 'versions.json'), /"kernel": "\d/);
  const manifest = JSON.parse(textIn(entries, 'manifest.json')) as {
    files: { path: string; sha256: string }[];
  };
  for (const { path, sha256 } of manifest.files)
    t.is(createHash('sha256').update(bytesIn(entries, path)).digest('hex'), sha256, path);
  const pcapng = join(world.stateDir, 'evidence.pcapng');
  writeFileSync(pcapng, bytesIn(entries, 'evidence.pcapng'));
  const shown = spawnSync('tcpdump', ['-n', '-r', pcapng], { env: toolEnv(), encoding: 'utf8' });
  t.regex(shown.stdout, /ICMP echo request/, shown.stderr);

  // The lab itself goes on beside its replay, of the same name.
  const before = await world.run('list');
  const { replayer, temporary } = replaying(world);
  const { code, stdout, stderr } = await replayer.run('replay', bundle);
  t.is(code, 0, stdout + stderr);
  t.regex(stdout, /= verdicts: equal[^]*= live rules: equal[^]*= versions: equal/);
  t.deepEqual(readdirSync(temporary), []);
  t.is((await world.run('list')).stdout, before.stdout);
  t.is((await world.run('verify')).code, 0);
});

for (const who of ['self', 'user'] as const)
  test(`what was changed by hand is what a replay differs in (${who})`, async (t) => {
    const world = new World(who);
    t.teardown(() => world.end());
    await world.run('up', examplePath('virtual-wan'));
    await world.run('exec', 'router', '--', 'iptables', '-t', 'nat', '-D', 'LABNET-DNAT', '2');
    const bundle = join(world.stateDir, 'run.tar.gz');
    t.is((await world.run('verify', '--bundle', bundle)).code, 1);
    const { code, stdout } = await world.run('replay', bundle, '--json');
    t.is(code, 1);
    const { schema, ...replayed } = JSON.parse(stdout) as Record<string, unknown>;
    t.is(schema, 'labnet.replay/1');
    const { equal, parts } = OUTPUTS.replay.strict().parse(replayed);
    t.false(equal);
    const differs = Object.fromEntries(parts.map((part) => [part.part, part.differs]));
    t.deepEqual(
      differs['verdicts']?.map(({ what, before, now }) => `${what} ${before} ${now}`),
      ['published/proxyB fail pass', 'seen-as/proxyA fail pass', 'check/1 fail pass'],
    );
    const live = differs['live rules']?.find(({ what }) => what === 'routers/router/iptables-save.txt');
    t.is(live?.before, '');
    t.regex(live?.now ?? '', /-A LABNET-DNAT -d 100\.100\.100\.200\/32/);
    for (const part of ['topology', 'rules', 'settings', 'versions']) t.deepEqual(differs[part], [], part);
  });

unless(noSsh)(
  "a run over SSH is bundled with each machine's versions, and replayed without SSH",
  async (t) => {
    await withSsh(async (ssh) => {
      const up = await ssh.up(examplePath('virtual-wan'));
      t.is(up.code, 0, up.stderr);
      const bundle = join(ssh.folder, 'run.tar.gz');
      const report = join(ssh.folder, 'report');
      const made = await ssh.world.run('verify', '--bundle', bundle, '--report', report);
      t.is(made.code, 0, made.stdout + made.stderr);
      const entries = await entriesOf(bundle);
      t.regex(textIn(entries, 'routers/router/iptables-save.txt'), /LABNET-DNAT/);
      t.regex(textIn(entries, 'versions.json'), /"driver": "ssh"[^]*"kernel": "\d/);
      t.regex(readFileSync(join(report, 'index.html'), 'utf8'), /all 13 checks passed/);
      await ssh.world.run('down');
      const { code, stdout } = await new World().run('replay', bundle);
      t.is(code, 0, stdout);
      t.regex(stdout, /driver: ssh -> netns/);
    }, 'virtual-wan');
  },
);

test('scripts of a topology are in the bundle, and run nowhere', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const trace = join(world.stateDir, 'ran');
  const file = join(world.stateDir, 'lab.yaml');
  writeFileSync(join(world.stateDir, 'setup.sh'), `#!/bin/sh\ntouch ${trace}\n`, { mode: 0o755 });
  writeFileSync(
    file,
    'name: x\nsegments: { a: 10.0.0.0/24 }\nhosts: { one: { interfaces: { a: auto }, provision: [setup.sh, gone.sh] }, two: a }\n',
  );
  const up = await world.run('up', file);
  t.is(up.code, 0, up.stderr);
  const bundle = join(world.stateDir, 'run.tar.gz');
  const made = await world.run('verify', '--bundle', bundle);
  t.is(made.code, 0, made.stderr);
  const entries = await entriesOf(bundle);
  t.regex(textIn(entries, 'scripts/1'), /touch/);
  t.regex(textIn(entries, 'manifest.json'), /gone\.sh is not there/);
  t.is((await world.run('replay', bundle)).code, 0);
  t.false(existsSync(trace));
});

test('a lab that is kept is taken down by what replay says', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('virtual-wan'));
  const bundle = join(world.stateDir, 'run.tar.gz');
  await world.run('verify', '--only', 'gateway', '--bundle', bundle);
  await world.run('down');
  const { replayer } = replaying(world);
  const { code, stdout } = await replayer.run('replay', bundle, '--keep');
  t.is(code, 0);
  t.regex(stdout, /= verdicts: equal \(4\)/);
  const [, stateDir = ''] = /--state-dir (\S+)'/.exec(stdout) ?? [];
  const where = ['--state-dir', stateDir];
  t.is((await world.run('exec', ...where, 'proxyA', '--', 'ping', '-c1', '-W5', '100.100.100.200')).code, 0);
  t.is((await world.run('down', 'virtual-wan', ...where)).code, 0);
});

test('who stops a replay stops its lab', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const file = join(world.stateDir, 'wan.yaml');
  writeFileSync(file, wanTopology(100));
  await world.run('up', file);
  const bundle = join(world.stateDir, 'run.tar.gz');
  t.is((await world.run('verify', '--bundle', bundle)).code, 0);
  await world.run('down');
  const { replayer, temporary } = replaying(world);
  const child = replayer.start('replay', bundle);
  const end = finished(child);
  const isUp = (): boolean =>
    readdirSync(temporary).some((folder) => existsSync(join(temporary, folder, 'state/wan-100/state.json')));
  for (let turn = 0; turn < 3000 && !isUp() && child.exitCode === null; turn++) await sleep(10);
  child.kill('SIGINT');
  const { code, stderr } = await end;
  t.is(code, 130, stderr);
  t.deepEqual(readdirSync(temporary), []);
});
