/** What a command loads before it does anything: counted, as time depends on what else the machine does. */
import test from 'ava';
import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLI, finished } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { pathTo } from '../helpers/topologies.js';

const run = promisify(execFile);

type Loaded = { readonly files: readonly string[]; readonly builtins: readonly string[] };

/** Asked of node when the command ends. */
const HOOK = `process.on('exit', () => require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify({
  files: Object.keys(require.cache), builtins: process.moduleLoadList })));`;

async function loadedBy(...args: readonly string[]): Promise<Loaded> {
  const folder = temporaryFolder('startup');
  const [hook, loaded] = [join(folder, 'hook.cjs'), join(folder, 'loaded.json')];
  writeFileSync(hook, HOOK);
  await run(process.execPath, ['--require', hook, CLI, ...args], {
    env: { ...process.env, LOADED: loaded },
    timeout: 60_000,
  });
  return JSON.parse(readFileSync(loaded, 'utf8')) as Loaded;
}

for (const args of [['--help'], ['validate', pathTo('topologies/virtual-wan.yaml')]])
  test(`${args[0] ?? ''} loads nothing of node_modules and no native code`, async (t) => {
    const { files, builtins } = await loadedBy(...args);
    t.deepEqual(
      files.filter((file) => file.includes('node_modules')),
      [],
    );
    for (const heavy of [
      'crypto',
      'worker_threads',
      'http',
      'v8',
      'stream',
      'net',
      'perf_hooks',
      'fs/promises',
    ])
      t.false(builtins.includes(`NativeModule ${heavy}`), heavy);
  });

test('commands that have to do with no lab need nothing that their smaller bundle leaves out', async (t) => {
  const files = ['topologies', 'topologies/scenarios'].flatMap((folder) =>
    readdirSync(pathTo(folder)).flatMap((name) =>
      name.endsWith('.yaml') ? [pathTo(`${folder}/${name}`)] : [],
    ),
  );
  const lines = [
    ...files.map((file) => ['validate', '--json', '--model', file]),
    ...files.slice(0, 2).map((file) => ['validate', '--timing', file]),
    ['validate', pathTo('package.json')],
    ['validate', temporaryFolder('startup')],
    ...['up', 'nat', 'link', 'run', 'graph', 'no-command'].map((command) => ['help', command]),
  ];
  for (const line of lines) {
    const { stdout, stderr } = await run(process.execPath, [CLI, ...line], { timeout: 60_000 }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
    t.notRegex(stdout + stderr, /engine-failed|not in the bundle/, line.join(' '));
  }
});

test('what works in namespaces loads native code, and nothing for SSH', async (t) => {
  const { files, builtins } = await loadedBy('list', '--state-dir', temporaryFolder('startup'));
  t.false(files.some((file) => file.includes('ssh2')));
  for (const heavy of ['crypto', 'perf_hooks', 'fs/promises'])
    t.false(builtins.includes(`NativeModule ${heavy}`), heavy);
});

test('a pipe that does not block gets all of a long text, however slowly it is read', async (t) => {
  const dontBlock = 'fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK); exec @ARGV or die';
  const script = `perl -MFcntl -e '${dontBlock}' "$@" | { sleep 0.3; cat; }`;
  const options = { timeout: 60_000, maxBuffer: 2 ** 24 };
  const argv = [process.execPath, CLI, 'schema'];
  const [slow, fast] = await Promise.all([
    run('sh', ['-c', script, 'sh', ...argv], options),
    run(process.execPath, argv.slice(1), options),
  ]);
  t.true(fast.stdout.length > 2 ** 16, 'more than a pipe holds');
  t.is(slow.stdout, fast.stdout);
});

test('a reader that has read enough is no mistake', async (t) => {
  const child = spawn(process.execPath, [CLI, 'schema'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  child.stdout.destroy();
  const { code, stderr } = await finished(child);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});
