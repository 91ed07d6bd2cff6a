/** Bundles: made of real labs, replayed beside them, and refused where they are not what labnet made. */
import test from 'ava';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';
import { wanTopology } from '../bench/wan.js';
import { OUTPUTS } from '../../src/report/outputs.js';
import { toolEnv } from '../../src/sys/tools.js';
import { finished, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

type Entries = Awaited<ReturnType<typeof unpackTar>>;

/** What replays leave, if anything, is in a folder of their own. */
function replaying(world: World): { readonly replayer: World; readonly temporary: string } {
  const temporary = join(world.stateDir, 'tmp');
  if (!existsSync(temporary)) mkdirSync(temporary);
  chmodSync(temporary, 0o700);
  return { replayer: world.through('env', `TMPDIR=${temporary}`), temporary };
}

const entriesOf = (path: string): Promise<Entries> => unpackTar(gunzipSync(readFileSync(path)));
const textIn = (entries: Entries, name: string): string =>
  Buffer.from(entries.find(({ header }) => header.name === name)?.data ?? []).toString('utf8');

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
    t.is(createHash('sha256').update(textOrBytes(entries, path)).digest('hex'), sha256, path);
  const pcapng = join(world.stateDir, 'evidence.pcapng');
  writeFileSync(pcapng, textOrBytes(entries, 'evidence.pcapng'));
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

const textOrBytes = (entries: Entries, name: string): Uint8Array =>
  entries.find(({ header }) => header.name === name)?.data ?? new Uint8Array();

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

(noSsh === '' ? test : test.skip)(
  `a run over SSH is bundled with each machine's versions, and replayed without SSH ${noSsh}`.trim(),
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

test('a lab whose file says something else, and a place that is taken, are refused before the work', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const file = join(world.stateDir, 'lab.yaml');
  writeFileSync(file, readFileSync(examplePath('virtual-wan')));
  await world.run('up', file);
  const bundle = join(world.stateDir, 'run.tar.gz');
  writeFileSync(bundle, gzipSync('somebody else'));
  const taken = await world.run('verify', '--bundle', bundle);
  t.is(taken.code, 2);
  t.regex(taken.stderr, /error\[file-exists\]/);
  t.is(gunzipSync(readFileSync(bundle)).toString(), 'somebody else');
  const own = join(world.stateDir, 'own.tar.gz');
  for (let time = 0; time < 2; time++)
    t.is((await world.run('verify', '--only', 'gateway', '--bundle', own)).code, 0);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('100.100.100.200', '100.100.100.201'));
  const changed = await world.run('verify', '--bundle', join(world.stateDir, 'new.tar.gz'));
  t.is(changed.code, 1);
  t.regex(changed.stderr, /error\[lab-changed\]/);
});

test('what is no bundle, or not as it was made, is refused, and nothing of it is written', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('virtual-wan'));
  const good = join(world.stateDir, 'good.tar.gz');
  await world.run('verify', '--only', 'gateway', '--bundle', good);
  const whole = await entriesOf(good);
  const { replayer, temporary } = replaying(world);
  const bad = join(world.stateDir, 'bad.tar.gz');
  const tamper = async (entries: Parameters<typeof packTar>[0]): Promise<Buffer> =>
    gzipSync(await packTar(entries));
  const file = (name: string, text: string) => ({
    header: { name, size: Buffer.byteLength(text), type: 'file' as const },
    body: text,
  });
  const without = (name: string): Entries => whole.filter(({ header }) => header.name !== name);
  const manifest = (change: (text: string) => string) => [
    file('manifest.json', change(textIn(whole, 'manifest.json'))),
    ...without('manifest.json'),
  ];
  const link = (type: 'symlink' | 'link', linkname: string) => ({
    header: { name: 'extra', size: 0, type, linkname },
  });
  const cases: Readonly<Record<string, Buffer>> = {
    'no gzip': Buffer.from('topology'),
    'half a gzip': readFileSync(good).subarray(0, 900),
    'no tar': gzipSync('x'.repeat(5000)),
    'an empty tar': gzipSync(Buffer.alloc(1024)),
    'half a tar': gzipSync(gunzipSync(readFileSync(good)).subarray(0, 5000)),
    'a bomb': gzipSync(Buffer.alloc(300 << 20), { level: 1 }),
    'a symbolic link': await tamper([...whole, link('symlink', '/etc/passwd')]),
    'a hard link': await tamper([...whole, link('link', '/etc/passwd')]),
    'a way out': await tamper([...whole, file('../../escaped', 'x')]),
    'an absolute path': await tamper([...whole, file('/tmp/labnet-escaped', 'x')]),
    'a name for a terminal': await tamper([...whole, file('a\u001b[31m', 'x')]),
    'a file twice': await tamper([...whole, ...whole.slice(1, 2)]),
    'one file more': await tamper([...whole, file('more', 'x')]),
    'one file less': await tamper(without('topology.yaml')),
    'another topology': await tamper([...without('topology.yaml'), file('topology.yaml', 'name: other\n')]),
    'no manifest': await tamper(without('manifest.json')),
    'a manifest that is none': await tamper(manifest(() => '{"schema": "labnet.bundle/1"}')),
    'a manifest that is no JSON': await tamper(manifest(() => '{')),
    'a topology elsewhere': await tamper(
      manifest((text) => text.replace('virtual-wan.yaml', '../../x.yaml')),
    ),
  };
  for (const [what, bytes] of Object.entries(cases)) {
    writeFileSync(bad, bytes);
    const { code, stdout, stderr } = await replayer.run('replay', bad);
    t.is(code, 2, `${what}: ${stdout}${stderr}`);
    t.regex(stderr, /error\[bundle-refused\]: .*bad\.tar\.gz/, what);
    t.notRegex(stderr, /\u001b| at .*\.js/, what);
    t.deepEqual(readdirSync(temporary), [], what);
  }
  writeFileSync(bad, await tamper(manifest((text) => text.replace('labnet.bundle/1', 'labnet.bundle/2'))));
  const newer = await replayer.run('replay', bad);
  t.is(newer.code, 2);
  t.regex(newer.stderr, /error\[bundle-newer\]/);
  for (const [path, why] of [
    [join(world.stateDir, 'nothing'), 'file-unreadable'],
    [world.stateDir, 'bundle-refused'],
    ['/dev/zero', 'bundle-refused'],
  ] as const) {
    const { code, stderr } = await replayer.run('replay', path);
    t.is(code, 2, path);
    t.true(stderr.includes(`error[${why}]`), path);
  }
  t.false(existsSync('/tmp/labnet-escaped'));
});
