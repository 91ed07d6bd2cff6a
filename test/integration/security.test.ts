/** What SECURITY.md says of files: nobody else can use what labnet writes, and it touches nothing that is not its own. */
import test from 'ava';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { HostKeys } from '../../src/transport/ssh/host-keys.js';
import { ATTACKER, attack, keepAttacking, sharedFolder } from '../helpers/attacker.js';
import { asOrdinaryUser, CLI, noRoot, World } from '../helpers/cli.js';
import type { Result } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const WAN = examplePath('virtual-wan');
/** On a machine with much else to do, in milliseconds. */
const LONG = 400_000;
/** Another user can be played by root alone. */
const asRoot = unless(noRoot, test.serial);

/** The command line with an environment of the caller's own, and no state folder but what follows from that. */
function labnet(who: 'self' | 'user', env: NodeJS.ProcessEnv, ...args: readonly string[]): Result {
  const argv = [process.execPath, CLI, ...args];
  const [program = '', ...rest] = who === 'user' ? asOrdinaryUser(argv) : argv;
  const { PATH } = process.env;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    env: { PATH, ...env },
    encoding: 'utf8',
    timeout: 100_000,
  });
  return { code: status, stdout, stderr };
}

const PLANTED = {
  'a link to a folder': 'ln -s "$2" "$1"',
  'a link to nothing': 'ln -s "$2/nothing" "$1"',
  'a folder': 'mkdir -m 700 "$1"',
  'a folder for all': 'mkdir -m 777 "$1" && chmod 777 "$1"',
  'a file': ': >"$1" && chmod 666 "$1"',
  'a pipe': 'mkfifo -m 666 "$1"',
};

asRoot('what another user has put in the place of the state folder is refused, and not written to', (t) => {
  t.timeout(LONG);
  for (const [what, plant] of Object.entries(PLANTED)) {
    const shared = sharedFolder();
    const theirs = attack('d=$(mktemp -d "$1/x.XXXX") && chmod 777 "$d" && printf %s "$d"', shared);
    const [wanted, bait] = [join(shared, 'labnet-54321'), readdirSync(theirs)];
    attack(plant, wanted, theirs);
    const { code, stderr } = labnet('user', { TMPDIR: shared }, 'up', WAN);
    t.is(code, 1, `${what}: ${stderr}`);
    t.regex(stderr, /not-yours/, what);
    t.deepEqual(readdirSync(theirs), bait, what);
    if (lstatSync(wanted).isDirectory()) t.deepEqual(readdirSync(wanted), [], what);
    const explicit = labnet('self', {}, 'up', WAN, '--state-dir', wanted);
    t.is(explicit.code, 1, what);
    t.deepEqual(readdirSync(theirs), bait, what);
  }
});

asRoot('another user who puts things in the way all the time gets nothing, and changes nothing', (t) => {
  t.timeout(LONG);
  const shared = sharedFolder();
  const theirs = attack('d=$(mktemp -d "$1/x.XXXX") && chmod 777 "$d" && printf %s "$d"', shared);
  const loop = `while :; do ln -s "$2" "$1"; rm -f "$1"; mkdir -m 777 "$1"; ln -s "$2" "$1/virtual-wan"; rm -rf "$1"; done 2>/dev/null`;
  const attacker = keepAttacking(loop, join(shared, 'labnet-54321'), theirs);
  t.teardown(() => void attacker.kill('SIGKILL'));
  for (let turn = 0; turn < 4; turn++) {
    const { code, stderr } = labnet('user', { TMPDIR: shared }, 'up', WAN);
    t.true(code === 0 || (code === 1 && stderr.includes('not-yours')), `${code ?? ''} ${stderr}`);
    if (code === 0) t.is(labnet('user', { TMPDIR: shared }, 'down').code, 0);
    t.deepEqual(readdirSync(theirs), []);
  }
});

/** Root's default places in a /run of its own, which nothing outside sees. */
function inPrivateRun(script: string, env: NodeJS.ProcessEnv): Result {
  const whole = `mount --make-rprivate / && mount -t tmpfs -o mode=755 run /run && labnet() { "${process.execPath}" "${CLI}" "$@"; } && ${script}`;
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', whole], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
    timeout: 100_000,
  });
  return { code: status, stdout, stderr };
}

asRoot("with a user's environment, root's labs are still in root's own folders, closed to others", (t) => {
  t.timeout(LONG);
  const theirs = temporaryFolder('theirs');
  attack('mkdir -p "$1" 2>/dev/null; :', theirs);
  spawnSync('chown', [`${ATTACKER}`, theirs]);
  const open = temporaryFolder('open');
  chmodSync(open, 0o777);
  const script = `umask 000; labnet up ${WAN} >&2; find /run/labnet -printf '%m %U %y %P\\n'; labnet down >&2; ls -A /run`;
  for (const runtime of [theirs, open, 'relative/path']) {
    const env = { XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: theirs, HOME: theirs, TMPDIR: theirs };
    const { code, stdout, stderr } = inPrivateRun(script, env);
    t.is(code, 0, stderr);
    const lines = stdout.trim().split('\n');
    t.true(lines.includes('700 0 d virtual-wan') && lines.includes('600 0 f virtual-wan/state.json'), stdout);
    t.true(
      lines.every((line) => /^(700 0 d|600 0 f)( |$)/.test(line)),
      stdout,
    );
    t.deepEqual(readdirSync(theirs), []);
    t.deepEqual(readdirSync(open), []);
  }
  const below = labnet('self', {}, 'up', WAN, '--state-dir', join(theirs, 'state'));
  t.is(below.code, 1);
  t.regex(below.stderr, /not-yours.*where other users could replace it/);
  t.regex(labnet('self', {}, 'list', '--state-dir', join(open, 'state')).stderr, /not-yours/);
});

test.serial('folders and files that others keep where labs are recorded stay as they are', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const { stateDir } = world;
  for (const folder of ['documents', 'virtual-wan']) {
    mkdirSync(join(stateDir, folder));
    writeFileSync(join(stateDir, folder, 'letter'), 'text');
  }
  const files = { 'Cargo.lock': '[[package]]', 'virtual-wan.lock': '# yarn', 'state.json': '{}' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(stateDir, name), text);
  symlinkSync('documents', join(stateDir, 'linked'));
  const before = spawnSync('ls', ['-lRA', '--full-time', stateDir], { encoding: 'utf8' }).stdout;
  t.is((await world.run('list')).code, 0);
  t.is((await world.run('down', '--all')).code, 0);
  const up = await world.run('up', WAN);
  t.is(up.code, 1);
  t.regex(up.stderr, /virtual-wan\.lock is not a lock file of labnet/);
  t.is((await world.run('down', 'documents')).code, 2);
  t.is(spawnSync('ls', ['-lRA', '--full-time', stateDir], { encoding: 'utf8' }).stdout, before);
  writeFileSync(join(stateDir, 'virtual-wan.lock'), '');
  const again = await world.run('up', WAN);
  t.is(again.code, 1);
  t.regex(again.stderr, /virtual-wan exists already, and is not the folder of a lab/);
  t.is(readFileSync(join(stateDir, 'virtual-wan', 'letter'), 'utf8'), 'text');
});

test.serial('a record that was edited leads nowhere else', async (t) => {
  t.timeout(LONG);
  const world = new World();
  t.teardown(() => world.end());
  const outside = temporaryFolder('outside');
  writeFileSync(join(outside, 'letter'), 'text');
  const edits = [
    { name: '../outside' },
    { name: outside },
    { runtime: { folder: outside } },
    { runtime: { folder: '/' } },
    { driver: 'ssh', runtime: { folder: outside } },
    { driver: 'vagrant', runtime: { folder: join(world.stateDir, '..') } },
    { driver: '../../ssh' },
    { driver: '__proto__' },
    { runtime: null },
    { runtime: { holder: { pid: 1, startTime: '0' } } },
  ];
  for (const edit of edits) {
    t.is((await world.run('up', WAN)).code, 0);
    const path = join(world.stateDir, 'virtual-wan', 'state.json');
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...edit }));
    await world.run('list');
    t.is((await world.run('down', 'virtual-wan')).code, 0, JSON.stringify(edit));
    t.is(readFileSync(join(outside, 'letter'), 'utf8'), 'text');
    t.deepEqual(readdirSync(world.stateDir), [], JSON.stringify(edit));
  }
});

asRoot('render writes to no link, pipe or file of another user', (t) => {
  const plants = {
    'ln -s "$2/victim" "$1/lab.sh"': /lab\.sh is there, and is no file/,
    'mkfifo "$1/lab.sh"': /lab\.sh is there, and is no file/,
    'ln -s "$2" "$1/machines"': /machines is no folder/,
  };
  for (const [plant, said] of Object.entries(plants)) {
    const [out, theirs] = [sharedFolder(), sharedFolder()];
    writeFileSync(join(theirs, 'victim'), 'text');
    attack(plant, out, theirs);
    const { code, stderr } = labnet('self', {}, 'render', WAN, '--out', out);
    t.is(code, 1, plant);
    t.regex(stderr, said);
    t.deepEqual(readdirSync(theirs), ['victim']);
    t.is(readFileSync(join(theirs, 'victim'), 'utf8'), 'text');
  }
  const shared = sharedFolder();
  attack(': >"$1/lab.sh" && chmod 666 "$1/lab.sh"', shared);
  t.is(labnet('self', {}, 'render', WAN, '--out', shared).code, 0);
  t.is(lstatSync(join(shared, 'lab.sh')).uid, 0, 'theirs was replaced, not written to');
  const target = temporaryFolder('target');
  attack('ln -s "$2" "$1/out"', shared, target);
  t.is(labnet('self', {}, 'render', WAN, '--out', join(shared, 'out')).code, 1);
  t.deepEqual(readdirSync(target), []);
});

test.serial('the host keys of a lab are for its user alone', (t) => {
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  const path = join(temporaryFolder('keys'), 'known_hosts');
  const key = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(32, 7)]);
  t.is(new HostKeys(path).meet('a', key), 'new');
  t.true(existsSync(path));
  t.is(lstatSync(path).mode & 0o777, 0o600);
});
