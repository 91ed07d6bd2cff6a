/** Links of two machines as `vagrant up` makes them: measured, changed under connections, mended, there again after a boot, gone. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { finished } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { pathTo } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import { median, readPings } from './flows/pings.js';
import { clocked } from './clock.js';
import { VmHost } from './host.js';
import { VmWorld } from './world.js';

guardMachine(test);

const run = unless(VmHost.whyNot());

const FLOWS = 4;
/** Milliseconds, of which two in a hundred are more than an emulated processor takes for itself. */
const RTT = 80;
const OTHER = 150;

function topologyFor(host: VmHost): string {
  const { memory, cpus, ...libvirt } = host.settings('networkd');
  const vagrant = { box: VmHost.box, memory, cpus, libvirt };
  const link = { delay: { rtt: `${RTT}ms` }, rate: '5mbit', queue: { kind: 'fq-codel' } };
  const file = join(temporaryFolder('vm'), 'links.yaml');
  const hosts = {
    a: { interfaces: { lan: { address: '10.1.0.1', link } }, vagrant },
    b: { interfaces: { lan: '10.1.0.2' }, vagrant },
  };
  writeFileSync(file, stringify({ name: 'links', segments: { lan: '10.1.0.0/24' }, hosts }));
  return file;
}

/** Milliseconds, the middle of twenty. */
async function trip(world: VmWorld): Promise<number> {
  const { stdout } = await world.run('exec', 'a', '--', 'ping', '-D', '-i', '0.2', '-c', '20', '10.1.0.2');
  return median(readPings(stdout).echoes.map((echo) => echo.trip));
}

/** What a person does to a link, and what a ping says then. */
const CHANGES: readonly (readonly [words: readonly string[], answered: boolean])[] = [
  [['link', 'set', 'a:lan', `delay=${OTHER / 2}ms`, 'loss=2%', 'rate=3mbit'], true],
  [['link', 'down', 'a:lan'], false],
  [['link', 'up', 'a:lan'], true],
  [['link', 'partition', 'a', '|', 'b'], false],
  [['link', 'heal'], true],
  [['link', 'set', 'a:lan', 'loss=none'], true],
];

run('links of two machines: measured, changed, mended, booted, gone', async (t) => {
  const say = clocked(t);
  await using host = await VmHost.start();
  const file = topologyFor(host);
  const world = new VmWorld(host);
  const works = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world.run(...args);
    t.is(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const up = ['up', file, '--driver', 'vagrant'];

  await works(...up);
  say('up');
  t.regex(await works('verify'), /a on lan/);
  say(await works('link'));
  const declared = await trip(world);

  await underConnections(t, world, works);
  say('changed under connections');
  const other = await trip(world);
  await works('link', 'set', 'a:lan', 'delay=none');
  const base = await trip(world);
  say(`${declared}, ${other} and ${base} ms`);
  isTrip(t, declared - base, RTT);
  isTrip(t, other - base, OTHER);

  await works(...up);
  isTrip(t, (await trip(world)) - base, RTT);
  await works(
    'exec',
    'a',
    '--',
    'sh',
    '-c',
    'tc qdisc del dev eth1 root; ip link del $(ls /sys/class/net | grep ^labnet)',
  );
  const drift = await world.run('status', '--drift');
  t.is(drift.code, 1, drift.stdout);
  t.regex(drift.stdout, /a: link to lan/);
  await works(...up);
  isTrip(t, (await trip(world)) - base, RTT);
  say('put back as it is written, and mended');

  await world.run('exec', 'a', '--', 'systemctl', '--force', 'reboot');
  await sleep(5_000);
  for (let tries = 0; tries < 60 && !((await trip(world)) > RTT); tries++) await sleep(1_000);
  isTrip(t, (await trip(world)) - base, RTT);
  say('there again after a boot');

  await works('down');
  t.deepEqual(await host.inventory(), { domains: [], networks: [] });
});

/** 2 ms or 2 %: an emulated processor is later now and then. */
function isTrip(t: ExecutionContext, found: number, wanted: number): void {
  t.true(Math.abs(found - wanted) <= Math.max(2, wanted * 0.02), `${found} ms, not ${wanted}`);
}

/** Connections go on while each change is made, and all that they carried is there, in its place. */
async function underConnections(
  t: ExecutionContext,
  world: VmWorld,
  works: (...args: readonly string[]) => Promise<string>,
): Promise<void> {
  const flows = readFileSync(pathTo('test/vm/flows/flows.pl'), 'utf8');
  const start = (machine: string, ...args: readonly string[]) =>
    finished(world.start('exec', machine, '--', 'perl', '-e', flows, ...args));
  const served = start('b', 'serve', '10.1.0.2', '7000', String(FLOWS));
  const called = start('a', 'call', '10.1.0.2', '7000', String(FLOWS), '/tmp/stop');
  await sleep(5_000);
  for (const [words, answered] of CHANGES) {
    await works(...words);
    const { code } = await world.run(
      'exec',
      'a',
      '--',
      'ping',
      '-q',
      '-c',
      '6',
      '-i',
      '0.3',
      '-W',
      '2',
      '10.1.0.2',
    );
    t.is(code === 0, answered, words.join(' '));
  }
  await works('exec', 'a', '--', 'touch', '/tmp/stop');
  const { stdout: call, stderr } = await called;
  t.is((await served).stdout, `accepted ${FLOWS}\n`);
  const rows = call.trim().split('\n').slice(1);
  t.is(rows.length, FLOWS, call + stderr);
  for (const row of rows) {
    const [, sent, received, state] = /^\d+ (\d+) (\d+) (.*)$/.exec(row) ?? [];
    t.deepEqual([state, received], ['whole', sent], row);
    t.true(Number(sent) > 50_000, row);
  }
}
