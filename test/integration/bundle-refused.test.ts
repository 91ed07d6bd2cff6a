/** Bundles that are not made, as a lab or a place is not what it was, and files that are refused, as labnet did not make them so. */
import test from 'ava';
import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import type { Entries } from '../helpers/bundles.js';
import { entriesOf, replaying, textIn } from '../helpers/bundles.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

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
