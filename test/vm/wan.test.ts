/** The article's WAN on five real virtual machines, as `vagrant up` makes them here: up, proven, rebooted, gone. */
import test from 'ava';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { Result } from '../helpers/cli.js';
import { CLI, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { killAll, VmHost } from './host.js';

guardMachine(test);

const why = VmHost.whyNot();
const run = why === undefined ? test : test.skip;
const title = (text: string): string => (why === undefined ? text : `${text} (skipped: ${why})`);

/** virtual-wan with what the test host's machines need beside it. */
function topologyFor({ settings }: VmHost): string {
  const { memory, cpus, ...libvirt } = settings;
  const topology = parse(readFileSync(examplePath('virtual-wan'), 'utf8')) as Record<string, unknown>;
  const file = join(temporaryFolder('vm'), 'virtual-wan.yaml');
  writeFileSync(file, stringify({ ...topology, vagrant: { box: VmHost.box, memory, cpus, libvirt } }));
  return file;
}

type Verdict = {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly expectation: string;
};

const verdictsOf = ({ stdout }: Pick<Result, 'stdout'>): Verdict[] =>
  (JSON.parse(stdout) as { verdicts: Verdict[] }).verdicts.map(({ id, kind, status, expectation }) => ({
    id,
    kind,
    status,
    expectation,
  }));

async function onNamespaces(): Promise<Verdict[]> {
  const world = new World();
  try {
    await world.run('up', examplePath('virtual-wan'));
    return verdictsOf(await world.run('verify', '--json'));
  } finally {
    await world.end();
  }
}

const BOOT_ID = ['exec', 'router', '--', 'cat', '/proc/sys/kernel/random/boot_id'];

run(title('five machines: up after a kill -9, the verdicts of namespaces, a reboot, down'), async (t) => {
  const started = performance.now();
  const say = (text: string): void =>
    t.log(`${((performance.now() - started) / 1000).toFixed(1)} s: ${text}`);
  await using host = await VmHost.start();
  const file = topologyFor(host);
  const env = { LABNET_STATE_DIR: temporaryFolder('vm-state') };
  const labnet = (...args: readonly string[]) => host.run([process.execPath, CLI, ...args], { env });
  const up = ['up', file, '--driver', 'vagrant'];

  const foreign = 'virtual-wan.intnetA';
  await host.run([
    'sh',
    '-c',
    `echo '<network><name>${foreign}</name></network>' | virsh net-define /dev/stdin`,
  ]);
  const refused = await labnet(...up);
  t.regex(refused.stderr, /error\[lab-exists\]: libvirt has virtual-wan\.intnetA already/);
  t.is((await labnet('list')).stdout.trim(), 'no lab is running');
  t.deepEqual((await host.inventory()).networks, [foreign]);
  await host.run(['virsh', 'net-undefine', foreign]);

  const killed = host.start([process.execPath, CLI, ...up], { env });
  const ended = new Promise((resolve) => killed.once('close', resolve));
  for (let tries = 0; tries < 120 && (await host.inventory()).domains.length === 0; tries++) await sleep(500);
  killAll(killed);
  await ended;
  say('killed in the middle of up');

  const made = await labnet(...up);
  t.is(made.code, 0, made.stderr);
  say(made.stdout.trim());
  t.is((await host.inventory()).domains.length, 5);

  const expected = await onNamespaces();
  t.true(expected.length > 0 && expected.every(({ status }) => status === 'pass'));
  t.deepEqual(verdictsOf(await labnet('verify', '--json')), expected);
  say('the verdicts are those of namespaces');

  const again = await labnet(...up);
  t.regex(again.stdout, /up already and the same/, again.stderr);
  say('a second up');

  const before = (await labnet(...BOOT_ID)).stdout;
  await labnet('exec', 'router', '--', 'systemctl', '--force', 'reboot');
  let after = before;
  for (let tries = 0; tries < 60 && (after === before || after === ''); tries++) {
    await sleep(1_000);
    after = (await labnet(...BOOT_ID)).stdout;
  }
  t.not(after, before);
  say('the router has rebooted');
  await labnet(
    'exec',
    'router',
    '--',
    'sh',
    '-c',
    'for i in $(seq 60); do systemctl is-active -q labnet && exit; sleep 1; done',
  );
  t.deepEqual(verdictsOf(await labnet('verify', '--json')), expected);
  say('and everything still verifies');

  const down = await labnet('down');
  t.is(down.code, 0, down.stderr);
  t.deepEqual(await host.inventory(), { domains: [], networks: [] });
  t.regex((await labnet('list')).stdout, /no lab is running/);
  say('down');
});
