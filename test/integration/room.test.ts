/** Labs that do not fit: refused before anything is made, and the fix that is named works. */
import test from 'ava';
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { inUserNamespace, leavesNothing, shell, topology } from '../helpers/room.js';

guardMachine(test);

test.serial('too few network namespaces: refused with the number, and the fix works', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  // What is refused, then what the fix says, then the same again.
  const script = `limit=/proc/sys/user/max_net_namespaces
echo 20 >$limit
said=$("$@" 2>&1); echo "code $?"; echo "$said"
ls "$LABNET_STATE_DIR" | sed 's/^/left: /'
more=$(echo "$said" | sed -n 's/.*sysctl -w user.max_net_namespaces=\\([0-9]*\\)$/\\1/p')
echo "$more" >$limit
exec "$@"`;
  const { code, stdout, stderr } = await shell(world, [
    ...inUserNamespace(script),
    ...world.argv('up', topology(40)),
  ]);
  t.regex(stdout, /^code 1$/m);
  t.regex(
    stdout,
    /no-room\]: room needs 41 network namespaces, and (there are 20|\d+ of 20 are left) \(user\.max_net_namespaces\)/,
  );
  t.notRegex(stdout, /left: /);
  t.is(code, 0, stderr);
  t.regex(stdout, /room is up: 40 hosts/);
});

test.serial('too few open files: refused with the number, and the fix works', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const up = (limit: number) =>
    world.through('prlimit', `--nofile=${limit}:${limit}`).run('up', topology(70));
  const refused = await up(150);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /room needs 192 open files, and there are 150 \(the hard limit of open files/);
  leavesNothing(t, world);
  const fix = /ulimit -Hn (\d+)/.exec(refused.stderr)?.[1];
  const { code, stderr } = await up(Number(fix));
  t.is(code, 0, stderr);
});

test.serial('verify too is refused where machines need more sockets than there may be', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const path = join(temporaryFolder('room'), 'room.yaml');
  writeFileSync(
    path,
    'name: room\nsegments: { lan: 10.0.0.0/24 }\nhosts: { h: { count: 120, lan: auto } }\nrouters: { r: { interfaces: { lan: auto } } }\n',
  );
  t.is((await world.run('up', path)).code, 0);
  const low = await world.through('prlimit', '--nofile=130:130').run('verify');
  t.is(low.code, 1);
  t.regex(low.stderr, /no-room\]: verify needs \d+ open files, and \d+ of 130 are left/);
  const fix = /ulimit -Hn (\d+)/.exec(low.stderr)?.[1] ?? '';
  const { code, stderr } = await world.through('prlimit', `--nofile=${fix}:${fix}`).run('verify');
  t.is(code, 0, stderr);
});

test.serial("an ordinary user's limit of processes: refused with the number", async (t) => {
  if (!isRoot) {
    t.log('only root can be a user with no other processes');
    t.pass();
    return;
  }
  const world = new World('user');
  t.teardown(() => world.end());
  // One whom no other test is: the limit is of all that runs under its number.
  const uid = 54_397;
  chownSync(world.stateDir, uid, uid);
  const argv = world
    .argv('up', topology(3))
    .map((one) => one.replace(/^--re([ug])id=\d+$/, `--re$1id=${uid}`));
  const { code, stderr } = await shell(world, ['prlimit', '--nproc=30:30', ...argv]);
  t.is(code, 1);
  t.regex(
    stderr,
    /no-room\]: room needs \d+ processes, and \d+ of 30 are left \(the user's limit of processes/,
  );
  leavesNothing(t, world);
});

test.serial('a state folder without room: refused before the lab is made', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const cases = [
    ['size=16k', /room needs \d+ KiB in .*, and 16 KiB are left there/],
    ['size=1m,nr_inodes=5', /room needs 8 files in .*, and \d files of 5 are left there/],
  ] as const;
  for (const [options, said] of cases) {
    const script = `mount -t tmpfs -o ${options} none "$LABNET_STATE_DIR" && chmod 700 "$LABNET_STATE_DIR"
"$@"; echo "code $?"; ls "$LABNET_STATE_DIR" | sed 's/^/left: /'`;
    const { stdout, stderr } = await shell(world, [
      ...inUserNamespace(script),
      ...world.argv('up', topology(70)),
    ]);
    t.regex(stderr, said);
    t.regex(stdout, /^code 1$/m);
    t.notRegex(stdout, /left: /);
  }
});

test.serial('more machines on a segment than a bridge has ports: refused, and named', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const { code, stderr } = await world.run('up', topology(1024));
  t.is(code, 1);
  t.regex(stderr, /segment lan needs 1024 ports of one bridge, and there are 1023/);
  leavesNothing(t, world);
  const planned = await world.run('plan', topology(1024));
  t.is(planned.code, 0);
  t.regex(planned.stderr, /warning: segment lan needs 1024 ports/);
});
