/** Limits that show only halfway: what was made goes again, and it is said what there was too little of. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished, isRoot, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { inUserNamespace, leavesNothing, shell, TIMEOUT, topology } from '../helpers/room.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

/** Its limits are not seen in one more that is made inside of it. */
const UNSEEN = 'unshare --user --map-root-user --';

test.serial('a limit that cannot be seen: what was made goes again, and it is said why', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const script = `echo 20 >/proc/sys/user/max_net_namespaces; exec ${UNSEEN} "$@"`;
  const { code, stderr } = await shell(world, [
    ...inUserNamespace(script),
    ...world.argv('up', topology(40)),
  ]);
  t.is(code, 1);
  t.regex(stderr, /no-room\].*no more namespaces \(ENOSPC\), by a limit that cannot be seen/);
  t.regex(stderr, /user\.max_net_namespaces/);
  leavesNothing(t, world);
});

test.serial('a change that is stopped by a limit that cannot be seen is undone', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const script = `node=$1 cli=$2 small=$3 large=$4
"$node" "$cli" up "$small" || exit 9
"$node" "$cli" up "$large"; echo "code $?"
"$node" "$cli" status --drift; echo "drift $?"
"$node" "$cli" down`;
  const outer = inUserNamespace(
    `echo 30 >/proc/sys/user/max_net_namespaces; exec ${UNSEEN} sh -c '${script}' sh "$@"`,
  );
  const [node, cli] = world.argv();
  const argv = [...outer, node, cli ?? '', topology(10), topology(40)];
  const { stdout, stderr } = await shell(world, argv);
  t.regex(stderr, /no-room\].*no more namespaces/, stdout);
  t.notRegex(stderr, /nor changed back/);
  t.regex(stdout, /^code 1$/m);
  t.regex(stdout, /as it was made\ndrift 0$/m);
  leavesNothing(t, world);
});

test.serial('a limit of file sizes: undone, and said', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const { code, stderr } = await world.through('prlimit', '--fsize=4096', '--').run('up', topology(70));
  t.is(code, 1);
  t.regex(stderr, /no-room\].*a file may not be that large here \(ulimit -f\)/);
  leavesNothing(t, world);
});

test.serial('open files that others have taken: undone, and said', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const [program, ...rest] = world.through('prlimit', '--nofile=200:200').argv('up', topology(70));
  // It is handed open files, which the count beforehand takes for its own to open.
  const nothing = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(nothing));
  const handed = Array.from({ length: 90 }, () => nothing);
  const child = spawn(program, rest, {
    env: world.env,
    stdio: ['ignore', 'pipe', 'pipe', ...handed],
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
  });
  const { code, stderr } = await finished(child);
  t.is(code, 1);
  t.regex(stderr, /no-room\].*no more open files \(EMFILE\)/);
  leavesNothing(t, world);
});

/** Where a control group of this test's own can be made that limits processes, in either version. */
const PIDS = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find((one) => existsSync(join(one, 'cgroup.procs')));

function makeGroup(most: number): string | undefined {
  if (!isRoot || PIDS === undefined) return undefined;
  const folder = join(PIDS, `labnet-test-${process.pid}`);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'pids.max'), String(most));
    return folder;
  } catch {
    // No controller there, or not for us to make.
    if (existsSync(folder)) rmdirSync(folder);
    return undefined;
  }
}

test.serial(
  'a control group of few processes: refused with the number; one that cannot be seen: undone',
  async (t) => {
    const group = makeGroup(20);
    if (group === undefined) {
      t.log('no control group can be made here: the judge is tested in test/unit/plan/room.test.ts');
      t.pass();
      return;
    }
    t.teardown(async () => {
      // The kernel counts a process until it is collected.
      for (let tries = 50; existsSync(group) && tries > 0; tries--) {
        try {
          rmdirSync(group);
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    });
    const world = new World();
    t.teardown(() => world.end());
    const enter = `echo $$ >${group}/cgroup.procs`;
    const up = world.argv('up', examplePath('virtual-wan'));
    const seen = await shell(world, ['sh', '-c', `${enter}; exec "$@"`, 'sh', ...up]);
    t.is(seen.code, 1);
    t.regex(
      seen.stderr,
      /virtual-wan needs \d+ processes, and \d+ of 20 are left \(\/sys\/fs\/cgroup\/.*pids\.max\)/,
    );
    leavesNothing(t, world);
    const hidden = `${enter}; mount -t tmpfs none /sys/fs/cgroup && exec "$@"`;
    let explained = 0;
    for (const most of [11, 12, 13, 14]) {
      writeFileSync(join(group, 'pids.max'), String(most));
      const { code, stderr } = await shell(world, [
        'unshare',
        '--mount',
        '--',
        'sh',
        '-c',
        hidden,
        'sh',
        ...up,
      ]);
      if (/no-room\].*no more processes/.test(stderr)) {
        explained++;
        leavesNothing(t, world);
      } else {
        // It fitted; or node itself has ended, as it does where it has no threads.
        t.true(code === 0 || code === 134 || code === null, stderr);
        await world.run('down', '--all');
      }
    }
    t.true(explained > 0);
  },
);
