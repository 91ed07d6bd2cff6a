/** Where people run it: containers, CI jobs, full disks, a PATH of somebody else's. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot, noRoot, USERS, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const WAN = examplePath('virtual-wan');
const asRoot = unless(noRoot);
/** As a container without --privileged has it. */
const READ_ONLY = 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$@"';
const contained = ['unshare', '--mount', '--', 'sh', '-c', READ_ONLY, 'sh'];

function world(
  t: { teardown: (work: () => Promise<void>) => void },
  ...given: ConstructorParameters<typeof World>
): World {
  const made = new World(...given);
  t.teardown(() => made.end());
  return made;
}

asRoot('root in a container whose /proc/sys is read-only has labs', async (t) => {
  const labnet = world(t);
  const { code, stdout, stderr } = await labnet.through(...contained).run('up', WAN, '--verify');
  t.is(code, 0, stdout + stderr);
  // What is lifted for the lab is lifted in its own mounts alone.
  const outside = [
    ...contained,
    'sh',
    '-c',
    '"$@" >/dev/null && ! (: >/proc/sys/net/ipv4/ip_forward) 2>/dev/null',
    'sh',
  ];
  t.is((await labnet.through(...outside).run('up', WAN)).code, 0);
});

asRoot('who may not lift that is told so, by doctor too', async (t) => {
  const labnet = world(t, 'user', contained);
  for (const command of [['up', WAN], ['doctor']]) {
    const { code, stderr } = await labnet.run(...command);
    t.is(code, 1, stderr);
    t.regex(stderr, /error\[driver-unavailable\]: \/proc\/sys is read-only here/);
    t.regex(stderr, /--privileged/);
  }
});

test('root of a user namespace with one user, as in a container without root, can verify', async (t) => {
  const nested = ['unshare', '--user', '--map-root-user', '--mount', '--pid', '--fork', '--mount-proc', '--'];
  const script =
    '"$@" up "$LAB" --verify; code=$?; "$@" exec proxyA -- tcpdump --version >/dev/null; "$@" down; exit $code';
  const labnet = world(t, 'self', [...nested, 'env', `LAB=${WAN}`, 'sh', '-c', script, 'sh']);
  const { code, stdout, stderr } = await labnet.run();
  t.is(code, 0, stdout + stderr);
  t.regex(stdout, /13 checks passed/);
});

test('root of a user namespace leaves alone what runs outside', async (t) => {
  const labnet = world(t);
  t.is((await labnet.run('up', WAN)).code, 0);
  const inside = labnet.through('unshare', '--user', '--map-root-user', '--');
  for (const command of [['list'], ['status', 'virtual-wan'], ['up', WAN], ['down', 'virtual-wan']]) {
    const { code, stderr } = await inside.run(...command);
    t.is(code, command[0] === 'list' ? 0 : 1, stderr);
    t.regex(stderr, /lab-elsewhere\]: the lab runs in another user namespace/, command[0]);
  }
  const { code, stdout } = await labnet.run('verify', 'virtual-wan');
  t.is(code, 0, stdout);
});

/** As a container that the folder of records is mounted into: others' processes are not seen, and their pids are its own. */
const APART = [
  ...['unshare', ...(isRoot ? [] : ['--user', '--map-current-user'])],
  ...['--pid', '--fork', '--kill-child', '--mount-proc', '--'],
];
const ELSEWHERE = /lab-elsewhere\]: the lab runs in another pid namespace/;

for (const { who, as } of USERS)
  test(`a container leaves alone what runs outside, as ${as}`, async (t) => {
    t.timeout(400_000);
    const labnet = world(t, who);
    t.is((await labnet.run('up', WAN)).code, 0);
    const inside = labnet.through(...APART);
    const lab = 'virtual-wan';
    for (const command of [
      ['status', lab],
      ['exec', 'proxyA', '--', 'true'],
      ['up', WAN],
      ['down', lab],
    ]) {
      const { code, stderr } = await inside.run(...command);
      t.is(code, 1, stderr);
      t.regex(stderr, ELSEWHERE, command[0]);
    }
    t.regex((await inside.run('list')).stderr, ELSEWHERE);
    const { code, stdout } = await labnet.run('verify', lab);
    t.is(code, 0, stdout);
    writeFileSync(join(labnet.stateDir, lab, 'state.json'), '{');
    t.regex(
      (await inside.run('down', lab)).stderr,
      ELSEWHERE,
      'a record that nobody can read is its lab’s too',
    );
    t.is((await labnet.run('down', lab)).code, 0);
    t.deepEqual(readdirSync(labnet.stateDir), []);
  });

asRoot('a lab keeps nobody from making the file system of its record read-only', async (t) => {
  const labnet = world(t);
  const script = `mount -t tmpfs -o mode=700 test "$LABNET_STATE_DIR" && "$@" up "$LAB" && mount -o remount,ro "$LABNET_STATE_DIR" &&
    "$@" exec proxyA -- true && mount -o remount,rw "$LABNET_STATE_DIR" && "$@" down && umount "$LABNET_STATE_DIR"`;
  const within = labnet.through('unshare', '--mount', '--', 'env', `LAB=${WAN}`, 'sh', '-c', script, 'sh');
  const { code, stdout, stderr } = await within.run();
  t.is(code, 0, stdout + stderr);
});

asRoot('where the disk is full a lab is not changed, and can be taken down', async (t) => {
  const labnet = world(t);
  const script = `mount -t tmpfs -o mode=700,size=96k test "$LABNET_STATE_DIR" && "$@" up "$LAB" || exit 9
    cat /dev/zero >"$LABNET_STATE_DIR/full" 2>/dev/null
    "$@" link set proxyA:intnetA loss=10%; echo "set: $?"
    "$@" status --drift >/dev/null && "$@" down && rm "$LABNET_STATE_DIR/full" && rmdir "$LABNET_STATE_DIR"/* 2>/dev/null
    find "$LABNET_STATE_DIR" -mindepth 1`;
  const within = labnet.through('unshare', '--mount', '--', 'env', `LAB=${WAN}`, 'sh', '-c', script, 'sh');
  const { stdout, stderr } = await within.run();
  t.regex(stdout, /^set: 1\n.*is down\n$/m, stdout + stderr);
  t.regex(stderr, /no-room\]: ENOSPC: no space left on device, write .*\/virtual-wan\/.* \(0 KiB and/);
});

for (const { who, as } of USERS)
  test(`a lab of a container is in nobody's way when that is gone, as ${as}`, async (t) => {
    t.timeout(400_000);
    const labnet = world(t, who);
    const [program, ...rest] = labnet
      .through(...APART, 'sh', '-c', '"$@" && exec sleep 600', 'sh')
      .argv('up', WAN);
    const container = spawn(program, rest, { env: labnet.env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(container, 'close');
    t.teardown(() => void container.kill('SIGKILL'));
    await once(container.stdout, 'data');
    const { code, stderr } = await labnet.run('up', WAN);
    t.is(code, 1);
    t.regex(stderr, ELSEWHERE);
    container.kill('SIGKILL');
    await ended;
    t.is((await labnet.run('list')).stderr, '');
    t.deepEqual(readdirSync(labnet.stateDir), []);
    t.is((await labnet.run('up', WAN, '--verify')).code, 0);
  });

test('what cannot be written to is said, without a stack', async (t) => {
  const labnet = world(t);
  for (const json of [[], ['--json']]) {
    const full = await labnet.through('sh', '-c', 'exec "$@" >/dev/full', 'sh').run('validate', WAN, ...json);
    t.is(full.code, 1);
    t.regex(full.stderr, /error\[file-unwritable\]: .*no space left/);
    t.notRegex(full.stderr, /at .*:\d+:\d+/);
  }
  const nowhere = await labnet.run('up', WAN, '--state-dir', '/dev/null/labs');
  t.is(nowhere.code, 1);
  t.regex(
    nowhere.stderr,
    /error\[file-unwritable\]: cannot write to \/dev\/null\/labs: a part of the path is no folder/,
  );
});

test('a server of the user that has a checked port, and waits to be asked, has been reached', async (t) => {
  const labnet = world(t);
  const [file, script] = [
    join(temporaryFolder('server'), 'lab.yaml'),
    'from socket import *; import time; s=socket(); s.bind(("",80)); s.listen(); time.sleep(600)',
  ];
  await labnet.run('init', file);
  await labnet.run('up', file);
  await labnet.run('exec', 'pc', '--', 'sh', '-c', `python3 -c '${script}' >/dev/null 2>&1 & sleep 1`);
  const { code, stdout } = await labnet.run('verify');
  t.is(code, 0, stdout);
  t.regex(stdout, /✓ tcp 203\.0\.113\.1:8080 leads to pc .*seen at pc/);
});

test('the tools of the system are found where PATH leads nowhere', async (t) => {
  const labnet = world(t).through('env', `PATH=${join(temporaryFolder('path'), 'empty')}`);
  const { code, stdout, stderr } = await labnet.run('up', WAN, '--verify');
  t.is(code, 0, stdout + stderr);
});
