/** Several labnets at once: of one lab they take turns, of many they do not meet; what dead ones left blocks nobody. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockLab } from '../../src/state/lock.js';
import { bootId, startTimeOf } from '../../src/sys/process.js';
import { finished, isRoot, World } from '../helpers/cli.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

const WAN = examplePath('virtual-wan');
/** LABNET_TEST_LABS=100 for more. */
const LABS = Number(process.env['LABNET_TEST_LABS'] ?? 20);
const LOCK = new URL('../../src/state/lock.js', import.meta.url).href;

function worldOf(t: { teardown: (work: () => Promise<void>) => void }, who: 'self' | 'user' = 'self'): World {
  const world = new World(who);
  t.teardown(() => world.end());
  return world;
}

test.serial(
  `${LABS} labs of one name and the same subnets at once, as root and as an ordinary user`,
  async (t) => {
    const worlds = Array.from({ length: LABS }, (_, i) =>
      worldOf(t, isRoot && i % 2 === 0 ? 'self' : 'user'),
    );
    const all = async (...args: readonly string[]): Promise<readonly string[]> => {
      const results = await Promise.all(worlds.map((world) => world.run(...args)));
      for (const { code, stdout, stderr } of results) t.is(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
      return results.map(({ stdout }) => stdout.trim());
    };
    t.timeout(600_000);
    await all('up', WAN);
    const look = 'hostname >>/run/who; cat /run/who; ping -c1 -W20 -q 100.100.100.200';
    for (const text of await all('exec', 'proxyA', '--', 'sh', '-c', look)) {
      t.true(text.startsWith('proxyA\nPING'), `nobody else was here: ${text}`);
      t.true(text.includes('1 received'), text);
    }
    await all('down');
    for (const { stateDir } of worlds) t.deepEqual(readdirSync(stateDir), []);
  },
);

test.serial('ups and downs of one lab at once take turns, and leave it whole or gone', async (t) => {
  t.timeout(400_000);
  const world = worldOf(t);
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      i % 2 === 0 ? world.run('up', WAN) : world.run('down', 'virtual-wan'),
    ),
  );
  for (const [i, { code, stderr }] of results.entries())
    t.true(code === 0 || (i % 2 === 1 && stderr.includes('lab-not-found')), `${code ?? ''} ${stderr}`);
  const { labs } = (await world.json('list', '--json')) as { labs: readonly unknown[] };
  t.is(holdersOf(world.stateDir, 'virtual-wan').length, labs.length);
  if (labs.length > 0) t.is((await world.run('down')).code, 0);
  t.deepEqual(readdirSync(world.stateDir), []);
});

test.serial('who is waited for is said, for as long as it is at work', async (t) => {
  const world = worldOf(t);
  const lock = await lockLab(world.stateDir, 'virtual-wan');
  const up = world.start('up', WAN);
  const result = finished(up);
  // Longer than the other would be waited for if it did nothing.
  await sleep(12_000);
  t.is(up.exitCode, null, 'it waits');
  lock.release();
  const { code, stderr } = await result;
  t.is(code, 0, stderr);
  t.regex(
    stderr,
    new RegExp(`waiting for process ${process.pid} \\(labnet.*\\), which is working on lab virtual-wan`),
  );
});

test.serial('one that is stopped in the middle is named, with its pid and command', async (t) => {
  const world = worldOf(t);
  const script = `process.argv.splice(1, 9, 'labnet', 'up', 'some.yaml'); const { lockLab } = await import('${LOCK}'); await lockLab('${world.stateDir}', 'virtual-wan'); console.log('held'); setTimeout(() => {}, 120000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  holder.kill('SIGSTOP');
  const { code, stdout } = await world.run('up', WAN, '--json');
  t.is(code, 1);
  t.regex(stdout, /lab-locked/);
  t.regex(
    stdout,
    new RegExp(`process ${holder.pid ?? 0} \\(labnet up some.yaml\\) is working on lab virtual-wan`),
  );
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
  t.is((await world.run('up', WAN)).code, 0, 'and a dead one is in the way of nobody');
});

test.serial('lock files and records of the dead block nobody, whoever has their pids now', async (t) => {
  t.timeout(400_000);
  const world = worldOf(t);
  const other = spawn('sleep', ['300'], { stdio: 'ignore' });
  t.teardown(() => void other.kill('SIGKILL'));
  const pid = other.pid ?? 0;
  const lock = join(world.stateDir, 'virtual-wan.lock');
  writeFileSync(lock, `${pid} labnet up other.yaml\n`);
  t.is((await world.run('up', WAN)).code, 0, 'a lock file of a crash');
  await world.run('down');
  const record = join(world.stateDir, 'virtual-wan', 'state.json');
  const startTime = startTimeOf(pid) ?? '';
  const runtimes = [
    { bootId: bootId(), holder: { pid, startTime: '1' } },
    { bootId: 'another', holder: { pid, startTime } },
    // Everything is right but that it holds no lab.
    { bootId: bootId(), holder: { pid, startTime } },
    { bootId: bootId(), holder: { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' } },
  ];
  for (const runtime of runtimes) {
    await world.run('up', WAN);
    const [holder = 0] = holdersOf(world.stateDir, 'virtual-wan');
    const found = JSON.parse(readFileSync(record, 'utf8')) as { runtime: object };
    writeFileSync(record, JSON.stringify({ ...found, runtime: { ...found.runtime, ...runtime } }));
    process.kill(holder, 'SIGKILL');
    t.is((await world.run('exec', 'proxyA', '--', 'true')).code, 2, 'there is no lab');
    t.is((await world.run('up', WAN)).code, 0);
    t.is((await world.run('down')).code, 0);
    t.deepEqual(readdirSync(world.stateDir), []);
  }
  t.is(other.exitCode, null, 'nobody else was killed');
});

test.serial("a newer labnet's lab is refused by every command, and not touched", async (t) => {
  t.timeout(400_000);
  const world = worldOf(t);
  const folder = join(world.stateDir, 'virtual-wan');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ version: 99, name: 'virtual-wan', more: {} }));
  writeFileSync(join(folder, 'other'), 'of the newer one');
  const before = statSync(join(folder, 'state.json')).mtimeMs;
  const COMMANDS = [
    ['up', WAN],
    ['plan', WAN],
    ['down'],
    ['down', 'virtual-wan'],
    ['down', WAN],
    ['down', '--all'],
    ['verify', 'virtual-wan'],
    ['verify'],
    ['status'],
    ['status', 'virtual-wan', '--drift'],
    ['exec', 'proxyA', '--', 'true'],
    ['exec', '--lab', 'virtual-wan', 'proxyA', '--', 'true'],
    ['shell', 'proxyA'],
    ['nat', 'probe'],
    ['nat', 'set', 'router', 'ports=random'],
    ['nat', 'flush', 'router'],
  ];
  for (const command of COMMANDS) {
    const { code, stdout, stderr } = await world.run(...command);
    t.is(code, 1, `${command.join(' ')}: ${stdout}${stderr}`);
    t.regex(
      stderr,
      /error\[state-newer\]: lab virtual-wan was brought up by a newer labnet/,
      command.join(' '),
    );
  }
  const list = await world.run('list');
  t.is(list.code, 0);
  t.regex(list.stderr, /state-newer/);
  t.deepEqual(readdirSync(world.stateDir), ['virtual-wan']);
  t.deepEqual(readdirSync(folder).sort(), ['other', 'state.json']);
  t.is(statSync(join(folder, 'state.json')).mtimeMs, before);
});
