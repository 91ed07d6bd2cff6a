/** Where results are: folders that are there already, two runs that want the same one, a disk that is full. */
import test from 'ava';
import { execa } from 'execa';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noRoot } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { manifestOf, noLabs, world, written } from '../helpers/scenario-runs.js';
import { unless } from '../helpers/unless.js';
import { freshFolder, newFolder } from '../../src/apply/run/results.js';

guardMachine(test);

test('of two runs that want one folder one has it, and without a name each has its own', (t) => {
  const folder = temporaryFolder('results');
  const [first, file] = [join(folder, 'first'), join(folder, 'file')];
  newFolder(first, { status: 'running' });
  t.throws(() => newFolder(first, {}), { message: /is not empty/ });
  writeFileSync(file, '');
  t.throws(() => newFolder(file, {}), { message: /cannot write to .*file: EEXIST/ });
  mkdirSync(join(folder, 'empty'));
  newFolder(join(folder, 'empty'), {});
  const names = [1, 2, 3].map(() => freshFolder(join(folder, 'results/wan-1'), { status: 'running' }));
  t.deepEqual(
    names,
    ['', '-2', '-3'].map((number) => join(folder, `results/wan-1${number}`)),
  );
  t.is(manifestOf(names[2] ?? '').status, 'running');
  t.throws(() => freshFolder(join(file, 'wan-1'), {}), { message: /cannot write to/ });
});

test('runs at the same time of the same scenario, in the same folder', async (t) => {
  const labnet = world(t);
  const file = written('timeline: [{ check: { ping: alice -> rendezvous } }]');
  const cwd = temporaryFolder('here');
  const [program, ...argv] = labnet.argv('run', file);
  const options = { cwd, env: labnet.env, extendEnv: false, reject: false };
  const runs = await Promise.all([1, 2, 3].map(() => execa(program, argv, options)));
  for (const { exitCode, stdout, stderr } of runs) t.is(exitCode, 0, stdout + stderr);
  const folders = readdirSync(join(cwd, 'results'));
  t.is(folders.length, 3);
  for (const folder of folders) t.is(manifestOf(join(cwd, 'results', folder)).status, 'passed');
  t.deepEqual(await noLabs(labnet), []);
});

unless(noRoot)('a disk that is full ends the run: what fits is there, and the lab is gone', async (t) => {
  const labnet = world(t);
  const folder = temporaryFolder('full');
  const [disk, kept] = [join(folder, 'disk'), join(folder, 'kept')];
  mkdirSync(disk);
  const file = written(`
timeline:
  - { name: trips, sample: { ping: alice -> rendezvous } }
  - { name: wire, capture: { at: alice } }
  - { name: first, exec: { machine: alice, run: [echo, hello] } }
  - { name: flood, exec: { machine: alice, run: [sh, -c, "while :; do echo 0123456789012345678901234567890123456789; done"] } }
  - { name: never, exec: { machine: alice, run: [echo, never] } }
`);
  // In mounts of its own.
  const full = labnet.through(
    ...['unshare', '-m', 'sh', '-c'],
    'mount -t tmpfs -o size=400k none "$0/disk" && "$@"; code=$?; cp -a "$0/disk" "$0/kept"; exit $code',
    folder,
  );
  const { code, stdout, stderr } = await full.run('run', file, '--out', join(disk, 'out'));
  t.is(code, 1, stdout + stderr);
  t.regex(stderr, /error\[file-unwritable\]: cannot write to .*disk\/out: ENOSPC/);
  t.regex(stderr, /fix: a folder that you may write to, on a disk with room/);
  t.notRegex(stdout + stderr, /\n\s+at |never\n/);
  t.is(readFileSync(join(kept, 'out/commands/first.stdout'), 'utf8'), 'hello\n');
  t.not(manifestOf(join(kept, 'out')).status, 'passed');
  t.deepEqual(await noLabs(labnet), []);
});
