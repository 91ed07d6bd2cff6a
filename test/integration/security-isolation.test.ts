/** What SECURITY.md says of machines: what they cannot reach, what they can, and that nothing runs outside of them by mistake. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab } from '../../src/index.js';
import { toolEnv } from '../../src/sys/tools.js';
import { USERS, World } from '../helpers/cli.js';
import type { Who } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

const WAN = examplePath('virtual-wan');

/** Listens on a port of the loopback interface and on a unix socket without a file, and says which port. */
const SERVE = `use Socket; $| = 1; my ($u, $i);
socket($u, AF_UNIX, SOCK_STREAM, 0) && bind($u, pack_sockaddr_un("\\0$ARGV[0]")) && listen($u, 9) or die;
socket($i, AF_INET, SOCK_STREAM, 0) && bind($i, pack_sockaddr_in(0, INADDR_LOOPBACK)) && listen($i, 9) or die;
print +(unpack_sockaddr_in(getsockname($i)))[0], "\\n"; sleep 300;`;

/** What of the machine outside is to be reached from here: a word each. */
const REACH = `use Socket; my ($name, $port, $pid) = @ARGV;
socket(my $u, AF_UNIX, SOCK_STREAM, 0); print "unix " if connect($u, pack_sockaddr_un("\\0$name"));
socket(my $i, AF_INET, SOCK_STREAM, 0); print "loopback " if connect($i, pack_sockaddr_in($port, INADDR_LOOPBACK));
print "signal " if kill 0, $pid;
print "process " if -e "/proc/$pid" && readlink("/proc/$pid/ns/net");
print "first " if -e "/proc/1/root$ARGV[3]";
print "run " if -e $ARGV[3];
print "end\\n";`;

function worldOf(t: ExecutionContext, who: Who): World {
  const world = new World(who);
  t.teardown(() => world.end());
  return world;
}

for (const { who, as } of USERS) {
  test.serial(
    `the network and the processes outside are not to be reached from a machine, as ${as}`,
    async (t) => {
      const world = worldOf(t, who);
      const socket = `labnet-test-${process.pid}-${who}`;
      const server = spawn('perl', ['-e', SERVE, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
      t.teardown(() => void server.kill('SIGKILL'));
      const [text] = (await once(server.stdout, 'data', { signal: AbortSignal.timeout(60_000) })) as [Buffer];
      const port = text.toString().trim();
      const pid = String(server.pid);
      // Something that is in this computer's /run, and would be seen if it were the same.
      const inRun =
        ['/run/systemd', '/run/lock', '/run/utmp', '/run/log'].find((path) => existsSync(path)) ??
        '/run/none';
      const outside = spawnSync('perl', ['-e', REACH, socket, port, pid, inRun], {
        encoding: 'utf8',
        env: toolEnv(),
      });
      t.regex(outside.stdout, /unix loopback signal process/, 'outside all of that is there');
      t.is((await world.run('up', WAN)).code, 0);
      const inside = ['exec', 'proxyA', '--', 'perl', '-e', REACH, socket, port, pid, inRun];
      t.is((await world.run(...inside)).stdout, 'end\n');
      const attack = `umount /proc 2>/dev/null; umount /proc 2>/dev/null; nsenter --net=/proc/${pid}/ns/net true`;
      // Root is root: see SECURITY.md.
      if (who === 'user') t.not((await world.run('exec', 'proxyA', '--', 'sh', '-c', attack)).code, 0);
      t.is(
        (
          await world.run(
            'exec',
            'proxyA',
            '--',
            'sh',
            '-c',
            'ip route get 192.0.2.1 && ping -c1 -W1 192.0.2.1',
          )
        ).code === 0,
        false,
      );
    },
  );

  test.serial(`a program in a machine gets no open file but the three of its caller, as ${as}`, async (t) => {
    const world = worldOf(t, who);
    await world.run('up', WAN);
    const script = 'for fd in {0..400}; do [ ! -e /proc/$$/fd/$fd ] || printf "%s " $fd; done';
    t.regex((await world.run('exec', 'proxyA', '--', 'bash', '-c', script)).stdout, /^0 1 2 (255 )?$/);
    const { stdout } = await world.json('exec', '--json', 'proxyA', '--', 'bash', '-c', script);
    t.regex(String(stdout), /^0 1 2 (255 )?$/);
  });

  test.serial(
    `files are those of whoever runs it: machines are no protection of them, as ${as}`,
    async (t) => {
      const world = worldOf(t, who);
      await world.run('up', WAN);
      const folder = temporaryFolder('files');
      chmodSync(folder, 0o777);
      await world.run('exec', 'proxyA', '--', 'sh', '-c', `echo mine >${folder}/file`);
      t.is((await world.run('exec', 'peerB', '--', 'cat', `${folder}/file`)).stdout, 'mine\n');
    },
  );

  test.serial(`nothing meant for a machine is run outside of it, as ${as}`, async (t) => {
    t.timeout(400_000);
    const world = worldOf(t, who);
    const folder = temporaryFolder('mistake');
    chmodSync(folder, 0o777);
    const made = join(folder, 'made');
    const touch = ['touch', made];
    t.is((await world.run('exec', 'proxyA', '--', ...touch)).code, 2, 'no lab runs');
    t.is((await world.run('up', WAN)).code, 0);
    const mistakes = [
      ['exec', '--', ...touch],
      ['exec', ...touch],
      ['exec', '', '--', ...touch],
      ['exec', '--help', '--', ...touch],
      ['exec', '--', '--help', ...touch],
      ['exec', '..', '--', ...touch],
      ['exec', '../../../proc/self/root', '--', ...touch],
      ['exec', 'proxyA;', '--', ...touch],
      ['exec', 'nobody', '--', ...touch],
      ['exec', '--lab', 'none', 'proxyA', '--', ...touch],
      ['exec', '--json', 'nobody', '--', ...touch],
      ['exec', 'proxyA', '--'],
      ['exec', 'proxyA'],
    ];
    for (const mistake of mistakes) {
      const { code } = await world.run(...mistake);
      t.is(code, mistake[1] === '--help' ? 0 : 2, mistake.join(' '));
      t.false(existsSync(made), mistake.join(' '));
    }
    const [holder = 0] = holdersOf(world.stateDir, 'virtual-wan');
    // Of a user's lab umount(8) takes nothing away: it asks who it is run by.
    if (who === 'self') {
      const unmount = [`--target=${holder}`, '--mount', 'umount', '/run/netns/proxyA'];
      t.is(spawnSync('nsenter', unmount, { env: toolEnv() }).status, 0);
      for (const options of [[], ['--json']]) {
        t.not(
          (await world.run('exec', ...options, 'proxyA', '--', ...touch)).code,
          0,
          'its namespace is gone',
        );
        t.false(existsSync(made));
      }
    }
    process.kill(holder, 'SIGKILL');
    for (const options of [[], ['--json']]) {
      t.is((await world.run('exec', ...options, 'proxyA', '--', ...touch)).code, 2, 'the lab is gone');
      t.false(existsSync(made));
    }
  });
}

test.serial('a lab in hand whose process is gone runs nothing, here or elsewhere', async (t) => {
  const world = worldOf(t, 'self');
  const made = join(temporaryFolder('gone'), 'made');
  const lab = await Lab.up(WAN, { stateDir: world.stateDir });
  t.is((await lab.exec('proxyA', ['true'])).exitCode, 0);
  for (const pid of holdersOf(world.stateDir, 'virtual-wan')) process.kill(pid, 'SIGKILL');
  const ran = await lab.exec('proxyA', ['touch', made]).then(
    ({ exitCode }) => exitCode,
    () => 'refused',
  );
  t.not(ran, 0);
  t.false(existsSync(made));
  await lab.close();
});

test.serial('provision scripts are not run where machines share this computer', async (t) => {
  const world = worldOf(t, 'self');
  const folder = temporaryFolder('provision');
  const made = join(folder, 'made');
  writeFileSync(join(folder, 'setup.sh'), `touch ${made}\n`, { mode: 0o755 });
  const text =
    'name: prov\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: { interfaces: { lan: auto }, provision: [setup.sh] }, b: { lan: auto } }\n';
  writeFileSync(join(folder, 'lab.yaml'), text);
  const { code, stderr } = await world.run('up', join(folder, 'lab.yaml'), '--verify');
  t.is(code, 0, stderr);
  t.regex(stderr, /provision scripts are not run on namespaces/);
  t.false(existsSync(made));
});
