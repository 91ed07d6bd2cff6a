/** Kills and Ctrl-C at moments of the clock (kill-points.test.ts has kills by the step): after the next list or down nothing of the lab is there, and the machine is as before. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished, isRoot, noRoot, World } from '../helpers/cli.js';
import type { Who } from '../helpers/cli.js';
import { LabnetError } from '../../src/core/errors.js';
import { enterArgv } from '../../src/drivers/netns/enter.js';
import { driverNamed } from '../../src/drivers/registry.js';
import { Records } from '../../src/state/record.js';
import { startTimeOf } from '../../src/sys/process.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';
import { example, examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const WAN = examplePath('virtual-wan');
const WHO: readonly Who[] = isRoot ? ['self', 'user'] : ['user'];
/** Of each Ctrl-C; LABNET_TEST_KILLS=100 for a night. */
const KILLS = Number(process.env['LABNET_TEST_KILLS'] ?? 16);

/** Moments from before an `up` does anything until after it is done, however fast this machine is just now. */
async function momentsOfUp(world: World): Promise<number[]> {
  const started = performance.now();
  await world.run('up', WAN);
  const duration = performance.now() - started;
  await world.run('down');
  return Array.from({ length: KILLS }, (_, i) => Math.round((i * 1.1 * duration) / KILLS));
}

/** Processes, anywhere, that were started for this world: by its state folder in their environment or arguments. */
function processesOf(world: World): string[] {
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && mentions(pid, world.stateDir),
  );
}

function mentions(pid: string, text: string): boolean {
  try {
    return ['environ', 'cmdline'].some((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(text),
    );
  } catch {
    return false;
  }
}

/** What a kill has left may take a moment to notice that it is alone. */
async function untilAlone(world: World): Promise<string[]> {
  for (let tries = 0; tries < 100 && processesOf(world).length > 0; tries++) await sleep(30);
  return processesOf(world);
}

/** Whatever point an up got to: either the lab is whole, and goes with down, or nothing of it stays. */
async function wholeOrNothing(t: ExecutionContext, world: World, moment: number): Promise<void> {
  const { labs } = (await world.json('list', '--json')) as { labs: readonly { name: string }[] };
  if (labs.length > 0) {
    const ping = await world.run('exec', 'proxyA', '--', 'ping', '-c1', '-W2', '100.100.100.200');
    t.is(ping.code, 0, `${moment} ms: a lab that is not whole`);
    t.is((await world.run('down')).code, 0);
  }
  t.deepEqual(await untilAlone(world), [], `${moment} ms: processes`);
}

function killHard(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  return ended;
}

for (const who of WHO) {
  const name = who === 'self' ? 'root' : 'an ordinary user';

  test(`Ctrl-C of up at ${KILLS} moments, as ${name}`, async (t) => {
    // Beside all the other tests: more than they may be silent for (ava.config.js).
    t.timeout(600_000);
    const world = new World(who);
    t.teardown(() => world.end());
    for (const moment of await momentsOfUp(world)) {
      const up = world.start('up', WAN);
      const result = finished(up);
      await sleep(moment);
      up.kill('SIGINT');
      const { code, stderr } = await result;
      // Before node listens for it, and when it has said all it has to say, the signal ends it as it ends any program.
      t.true(code === 0 || code === 130 || code === null, `${moment} ms: ${code ?? ''} ${stderr}`);
      if (code === 130) t.deepEqual(await untilAlone(world), [], `${moment} ms: called off, and still there`);
      await wholeOrNothing(t, world, moment);
      t.deepEqual(readdirSync(world.stateDir), [], `${moment} ms: files`);
    }
  });

  test(`kill -9 of the holder ends the lab whole, as ${name}`, async (t) => {
    const world = new World(who);
    t.teardown(() => world.end());
    await world.run('up', WAN);
    await world.run('exec', 'proxyA', '--', 'sh', '-c', 'sleep 300 >/dev/null 2>&1 &');
    const inside = world.start('exec', 'peerA', '--', 'sleep', '300');
    await sleep(600);
    const holders = holdersOf(world.stateDir, 'virtual-wan');
    t.is(holders.length, 1);
    for (const pid of holders) process.kill(pid, 'SIGKILL');
    t.not((await finished(inside)).code, 0);
    t.deepEqual((await world.json('list', '--json'))['labs'], []);
    t.deepEqual(await untilAlone(world), []);
    t.deepEqual(readdirSync(world.stateDir), []);
    t.is((await world.run('up', WAN)).code, 0, 'and it comes up again');
  });

  test(`kill -9 of verify and exec leaves no process in the lab, as ${name}`, async (t) => {
    const world = new World(who);
    t.teardown(() => world.end());
    await world.run('up', WAN);
    for (const moment of [150, 250, 350, 450, 550]) {
      const verify = world.start('verify');
      const exec = world.start('exec', 'proxyA', '--', 'sleep', '300');
      await sleep(moment);
      for (const child of [verify, exec]) if (child.exitCode === null) await killHard(child);
      await sleep(300);
      const { stdout } = await world.run('exec', 'router', '--', 'ps', '-e', '-o', 'stat=,comm=');
      // What has ended and is yet to be collected, by the first process of the computer, is no process that runs.
      const running = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Z'));
      const names = running.map((line) => line.split(/\s+/)[1]);
      t.deepEqual(names.sort(), ['ps', 'sleep'], `${moment} ms`);
    }
    t.is((await world.run('verify')).code, 0, 'the lab is as good as before');
  });
}

unless(noRoot)(
  'a program does not begin in a machine when nsenter died before it could say so',
  async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    await world.run('up', WAN);
    await world.run('exec', 'proxyA', '--', 'true');
    const [holder = 0] = holdersOf(world.stateDir, 'virtual-wan');
    const folder = openSync(`/proc/${holder}`, 'r');
    t.teardown(() => closeSync(folder));
    const begun = (said: string): string => {
      const words = enterArgv('proxyA', '/', false);
      const [program = '', ...argv] = words.map((word) => word.replace('export LABNET_', `${said}$&`));
      const stdio = ['ignore', 'pipe', 'inherit', folder] as const;
      return spawnSync(program, [...argv, 'echo', 'begun'], {
        stdio: [...stdio],
        encoding: 'utf8',
        timeout: 10_000,
      }).stdout;
    };
    t.is(begun(''), 'begun\n', 'nsenter is its parent');
    t.is(begun('LABNET_NSENTER=; '), 'begun\n', 'nobody knows');
    t.is(begun('LABNET_NSENTER=1; '), '', 'its parent is another');
  },
);

/** In the lab, but a child of somebody outside who collects it late: until then the lab's first process does not end. */
const LATE = 'my $pid = fork // die; exec "sleep", "60" if !$pid; sleep 6; waitpid $pid, 0';

for (const who of WHO)
  test(`down waits for a holder that was killed and is ending, as ${who === 'self' ? 'who runs this' : 'an ordinary user'}`, async (t) => {
    const world = new World(who);
    t.teardown(() => world.end());
    await world.run('up', WAN);
    const [holder = 0] = holdersOf(world.stateDir, 'virtual-wan');
    const asRoot = isRoot ? [] : ['--user', '--preserve-credentials'];
    const words = ['-t', `${holder}`, ...asRoot, '--pid', '--no-fork', 'perl', '-e', LATE];
    const outside = spawn('nsenter', words, { stdio: 'ignore', env: world.env, timeout: 30_000 });
    t.teardown(() => outside.kill('SIGKILL'));
    await sleep(1000);
    process.kill(holder, 'SIGKILL');
    const { code, stderr } = await world.run('down', 'virtual-wan');
    t.is(startTimeOf(holder), undefined, 'it is gone when down is done');
    t.is(code, 2);
    t.regex(stderr, /lab-not-found/);
    t.deepEqual(readdirSync(world.stateDir), []);
  });

test('whoever is at work in a lab that ends is told that, and not what could not be done', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', WAN);
  const { runtime } = new Records(world.stateDir).read('virtual-wan') ?? {};
  const session = await (await driverNamed('netns')).connect(example('virtual-wan'), runtime);
  const ping = {
    id: 0,
    machine: 'proxyA',
    protocol: 'icmp',
    to: '127.0.0.1',
    count: 1,
    interval: 0,
    wait: 500,
  } as const;
  const asked = { run: 1, probes: [ping], listeners: [], captures: [] };
  t.is((await session.test(asked)).results[0]?.replies.length, 1);
  for (const pid of holdersOf(world.stateDir, 'virtual-wan')) process.kill(pid, 'SIGKILL');
  await untilAlone(world);
  const error = await t.throwsAsync(session.test(asked), { instanceOf: LabnetError });
  t.is(error.diagnostics[0]?.code, 'lab-not-found', error.message);
  await session.close();
});

test('a lab whose record is destroyed is taken down by its name', async (t) => {
  const { writeFileSync } = await import('node:fs');
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', WAN);
  writeFileSync(`${world.stateDir}/virtual-wan/state.json`, 'not json');
  t.is((await world.run('list')).code, 0);
  t.is((await world.run('down', 'virtual-wan')).code, 0);
  t.deepEqual(await untilAlone(world), []);
  t.deepEqual(readdirSync(world.stateDir), []);
});

test('two ups of one lab at once: one brings it up, the other finds it', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const results = await Promise.all(Array.from({ length: 4 }, () => world.run('up', WAN)));
  t.deepEqual(
    results.map(({ code }) => code),
    [0, 0, 0, 0],
    results.map(({ stderr }) => stderr).join(),
  );
  t.is(results.filter(({ stdout }) => stdout.includes('is up:')).length, 1);
  t.is(holdersOf(world.stateDir, 'virtual-wan').length, 1);
});
