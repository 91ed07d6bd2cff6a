/**
 * The article's WAN on five real virtual machines, as `vagrant up` makes them here: up, proven, renewed, rebooted, taken
 * back, gone. Their networks are configured by different programs, as those of people's machines are.
 */
import test from 'ava';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import { clocked } from './clock.js';
import { killAll, VmHost } from './host.js';
import type { Guest } from './managers.js';
import type { Verdict } from './verdicts.js';
import { verdictsOf } from './verdicts.js';
import { VmWorld } from './world.js';
import { BEFORE, expected, GUESTS, managed, RENEW, seen } from './managers.js';

guardMachine(test);

const run = unless(VmHost.whyNot());

type Machines = Readonly<Record<string, Record<string, unknown>>>;

/** virtual-wan with what the test host's machines need beside it. */
function topologyFor(host: VmHost): string {
  const topology = parse(readFileSync(examplePath('virtual-wan'), 'utf8')) as Record<string, unknown>;
  const folder = temporaryFolder('vm');
  const file = join(folder, 'virtual-wan.yaml');
  writeFileSync(join(folder, 'before.sh'), BEFORE);
  const machine = (name: string) => {
    const { memory, cpus, ...libvirt } = host.settings(GUESTS[name]?.manager ?? 'ifupdown');
    return { provision: ['before.sh'], vagrant: { box: VmHost.box, memory, cpus, libvirt } };
  };
  const each = (machines: Machines, of: (written: Record<string, unknown>) => object): object =>
    Object.fromEntries(
      Object.entries(machines).map(([name, written]) => [name, { ...of(written), ...machine(name) }]),
    );
  const hosts = each(topology['hosts'] as Machines, (interfaces) => ({ interfaces }));
  const routers = each(topology['routers'] as Machines, (written) => written);
  writeFileSync(file, stringify({ ...topology, hosts, routers }));
  return file;
}

async function onNamespaces(): Promise<Verdict[]> {
  const world = new World();
  try {
    await world.run('up', examplePath('virtual-wan'));
    return verdictsOf(await world.run('verify', '--json'));
  } finally {
    await world.end();
  }
}

/** One of each way to come up again: ifupdown, systemd-networkd, NetworkManager. At the same time. */
const REBOOTED = ['router', 'proxyA', 'proxyB'];

/** Of every machine's lease on the management network when it ends, by MAC address. */
async function leases(host: VmHost): Promise<Map<string, string>> {
  const { stdout } = await host.run(['virsh', '--quiet', 'net-dhcp-leases', 'vagrant-libvirt']);
  const fields = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return new Map(fields.flatMap(([day, time, mac]) => (mac === undefined ? [] : [[mac, `${day} ${time}`]])));
}

type Shell = (machine: string, script: string) => Promise<string>;

async function reboot(shell: Shell, machine: string): Promise<boolean> {
  const bootId = () => shell(machine, 'cat /proc/sys/kernel/random/boot_id').catch(() => '');
  const before = await bootId();
  await shell(machine, 'systemctl --force reboot').catch(() => '');
  for (let tries = 0, after = before; tries < 90; tries++) {
    if (after !== before && after !== '') {
      await shell(machine, 'for i in $(seq 60); do systemctl is-active -q labnet && exit; sleep 1; done');
      return true;
    }
    await sleep(1_000);
    after = await bootId();
  }
  return false;
}

type Traced = {
  readonly answered: boolean;
  readonly there: Leg;
  readonly back: Leg;
};
type Leg = {
  readonly hops: readonly {
    readonly machine: string;
    readonly translations: readonly { readonly before: string; readonly after: string }[];
  }[];
};

/** Each hop with what was translated there, as one line. */
const wayOf = ({ answered, there, back }: Traced): string[] => [
  ...[...there.hops, ...back.hops].map(({ machine, translations }) =>
    [machine, ...translations.map(({ before, after }) => `${before} > ${after}`)].join(' '),
  ),
  answered ? 'answered' : 'not answered',
];

const WAY = [
  'proxyA',
  'router 100.100.100.200 > 172.168.10.100 192.168.10.100 > 100.100.100.100',
  'proxyB',
  'proxyB',
  'router 100.100.100.100 > 192.168.10.100 172.168.10.100 > 100.100.100.200',
  'proxyA',
  'answered',
];

run('five machines: up after a kill -9, proven, renewed, rebooted, taken back', async (t) => {
  const say = clocked(t);
  await using host = await VmHost.start();
  const file = topologyFor(host);
  const world = new VmWorld(host);
  const up = ['up', file, '--driver', 'vagrant'];
  const shell: Shell = async (machine, script) => {
    const { code, stdout, stderr } = await world.run('exec', machine, '--', 'sh', '-c', script);
    if (code !== 0) throw new Error(`${machine}: ${script}: ${code ?? ''} ${stdout}${stderr}`);
    return stdout.trim();
  };
  const everywhere = (of: (name: string, guest: Guest) => Promise<unknown>) =>
    Promise.all(Object.entries(GUESTS).map(([name, guest]) => of(name, guest)));
  const verdicts = await onNamespaces();
  t.true(verdicts.length > 0 && verdicts.every(({ status }) => status === 'pass'));
  const holds = async (): Promise<void> => {
    t.deepEqual(verdictsOf(await world.run('verify', '--json')), verdicts);
    await everywhere(async (name, guest) => t.is(await shell(name, seen(guest)), expected(guest), name));
  };

  const foreign = 'virtual-wan.intnetA';
  await host.run([
    'sh',
    '-c',
    `echo '<network><name>${foreign}</name></network>' | virsh net-define /dev/stdin`,
  ]);
  const refused = await world.run(...up);
  t.regex(refused.stderr, /error\[lab-exists\]: libvirt has virtual-wan\.intnetA already/);
  t.is((await world.run('list')).stdout.trim(), 'no lab is running');
  t.deepEqual((await host.inventory()).networks, [foreign]);
  await host.run(['virsh', 'net-undefine', foreign]);

  const killed = world.start(...up);
  const ended = new Promise((resolve) => killed.once('close', resolve));
  for (let tries = 0; tries < 120 && (await host.inventory()).domains.length === 0; tries++) await sleep(500);
  killAll(killed);
  await ended;
  say('killed in the middle of up');

  const made = await world.run(...up);
  t.is(made.code, 0, made.stderr);
  say(made.stdout.trim());
  t.is((await host.inventory()).domains.length, 5);

  await holds();
  say('the verdicts are those of namespaces, and nobody meddles with interfaces of the lab');

  const again = await world.run(...up);
  t.regex(again.stdout, /up already and the same/, again.stderr);
  say('a second up');

  const traced = JSON.parse(
    (await world.run('trace', 'proxyA', '100.100.100.200', '--json')).stdout,
  ) as Traced;
  t.deepEqual(wayOf(traced), WAY);
  say('traced: two translations there, two back');

  const otherwise = file.replace(/\.yaml$/, '-otherwise.yaml');
  writeFileSync(otherwise, readFileSync(file, 'utf8').replaceAll('100.100.100.200', '100.100.100.201'));
  const change = await world.run('up', otherwise, '--driver', 'vagrant');
  t.regex(change.stdout, /virtual-wan is changed/, change.stderr);
  const moved = verdictsOf(await world.run('verify', '--json'));
  t.true(moved.length === verdicts.length && moved.every(({ status }) => status === 'pass'));
  say('changed in place: another public address');
  t.is((await world.run(...up)).code, 0);
  await holds();
  say('and back');

  const leased = await leases(host);
  await everywhere((name, { manager }) => shell(name, RENEW[manager]));
  const renewed = [...(await leases(host))].filter(([mac, ends]) => ends > (leased.get(mac) ?? ends));
  t.is(renewed.length, 5);
  await holds();
  say('every management address is renewed, and everything still verifies');

  const rebooted = await Promise.all(REBOOTED.map((name) => reboot(shell, name)));
  t.true(rebooted.every(Boolean));
  say(`rebooted: ${REBOOTED.join(', ')}`);
  await holds();
  say('and everything still verifies');

  const rendered = temporaryFolder('vm-scripts');
  t.is((await world.run('render', file, '--driver', 'vagrant', '--out', rendered)).code, 0);
  await everywhere(async (name, { manager, unguarded }) => {
    const setup = readFileSync(join(rendered, 'machines', name, 'setup.sh'), 'utf8');
    // The first is what the driver keeps of scripts like before.sh, and takes away itself.
    const removed = await shell(name, `rm /var/lib/labnet/provisioned; set -- remove\n${setup}`);
    t.regex(removed, /removed virtual-wan/);
    t.is(await shell(name, `(${BEFORE})\n${managed(manager)}`), `managed ${unguarded}`, name);
  });
  say('taken back, machine by machine');

  const down = await world.run('down');
  t.is(down.code, 0, down.stderr);
  t.deepEqual(await host.inventory(), { domains: [], networks: [] });
  t.regex((await world.run('list')).stdout, /no lab is running/);
  say('down');
});
