/** Routers that are reached over SSH and let inside hosts open ports: asked by natpmpc and upnpc, rebooted, taken back. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoteAll } from '../../src/transport/ssh/quote.js';
import { changes } from '../helpers/guests.js';
import type { Machines } from '../helpers/knock.js';
import { knock, serve } from '../helpers/knock.js';
import { guardMachine } from '../helpers/machine.js';
import { noSsh, SshLab } from '../helpers/ssh.js';
import { labOf, PORT_CONTROL } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh, test.serial);

const SHOWN = '203.0.113.11';

type Home = {
  readonly ssh: SshLab;
  readonly machines: Machines;
  readonly file: string;
  /** A command of labnet that succeeds. @returns what it prints */
  readonly labnet: (...args: readonly string[]) => Promise<string>;
  readonly up: () => ReturnType<SshLab['up']>;
  readonly states: () => Promise<string[]>;
};

async function withHome(t: ExecutionContext, work: (home: Home) => Promise<void>): Promise<void> {
  const ssh = await SshLab.of(labOf(PORT_CONTROL));
  const { guests, world } = ssh;
  const file = join(ssh.folder, 'home.yaml');
  writeFileSync(file, PORT_CONTROL);
  const labnet = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world.run(...args);
    t.is(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const machines: Machines = { exec: (machine, argv) => guests.run(machine, quoteAll(argv)) };
  const states = (): Promise<string[]> => Promise.all(guests.names.map((name) => guests.state(name)));
  try {
    await work({ ssh, machines, file, labnet, up: () => ssh.up(file), states });
  } finally {
    await guests.run('router', 'sh /run/setup.sh remove');
    await ssh.end();
  }
}

run('ports that clients open stay open until a reboot, and nothing stays when the lab goes', (t) =>
  withHome(t, async ({ ssh, machines, file, labnet, up, states }) => {
    const before = await states();
    const isUp = async (): Promise<void> => {
      const { code, stderr } = await up();
      t.is(code, 0, stderr);
    };
    await isUp();
    const servers = [await serve(machines, 'alice', 7000), await serve(machines, 'bob', 7001)];
    try {
      await usesPorts(t, { ssh, machines, file, labnet, up, states }, isUp);
    } finally {
      for (const pid of servers) process.kill(pid);
    }
    await labnet('down');
    const after = await states();
    before.forEach((state, index) => t.deepEqual(changes(state, after[index] ?? ''), []));
  }),
);

async function usesPorts(
  t: ExecutionContext,
  { ssh, machines, file, labnet }: Home,
  isUp: () => Promise<void>,
): Promise<void> {
  const ask = (machine: string, ...argv: readonly string[]): Promise<string> =>
    ssh.guests.must(machine, quoteAll(argv));
  const areOpen = async (are: boolean, when: string): Promise<void> => {
    for (const [protocol, port] of [
      ['tcp', 5000],
      ['udp', 5001],
    ] as const)
      t.regex(await knock(machines, 'server', protocol, SHOWN, port), are ? /^seen / : /^closed/, when);
    const told = await labnet('verify', '--only', 'port-control');
    t.regex(told, /nat-pmp: told 203\.0\.113\.11, pcp: answered, upnp: answered/, when);
  };
  const open = async (): Promise<void> => {
    const told = await ask('alice', 'natpmpc', '-g', '192.168.1.1', '-a', '5000', '7000', 'tcp', '600');
    t.regex(told, /Public IP address : 203\.0\.113\.11\n[^]*Mapped public port 5000/);
    t.regex(
      await ask('bob', 'upnpc', '-i', '-a', '192.168.1.11', '7001', '5001', 'udp', '600'),
      /203\.0\.113\.11:5001 UDP is redirected to internal 192\.168\.1\.11:7001/,
    );
  };
  await areOpen(false, 'before');
  await open();
  await areOpen(true, 'asked for');
  await labnet('verify');
  t.regex((await ssh.up(file)).stdout, /up already and the same/);
  await ssh.guests.must('router', 'kill -9 $(cut -d" " -f1 /run/labnet-port-control/process)');
  t.not((await ssh.guests.run('router', 'sh /usr/local/lib/labnet/network check')).code, 0);
  await isUp();
  await areOpen(true, 'killed and started again');
  await labnet('nat', 'set', 'router', 'preset=symmetric');
  await areOpen(true, 'another behaviour');
  await labnet('verify');
  t.regex(await ask('alice', 'upnpc', '-i', '-l'), /UDP\s+5001->192\.168\.1\.11:7001/);
  await labnet('nat', 'flush', 'router');
  await areOpen(false, 'flushed');
  await open();
  await ssh.guests.must('router', REBOOT);
  await areOpen(false, 'rebooted');
}

/** What ends by it, and what is run then. */
const REBOOT = `kill -9 $(cut -d' ' -f1 /run/labnet-port-control/process)
rm -r /run/labnet /run/labnet-port-control
nft flush ruleset
sh /usr/local/lib/labnet/network up`;

/** What is in the way, by what a machine is like before. */
const REFUSED: readonly (readonly [what: string, prepare: string, said: RegExp])[] = [
  [
    'no miniupnpd',
    'mount --bind /dev/null /usr/sbin/miniupnpd',
    /error\[guest-tool-missing\]: router: .*'miniupnpd', which is not installed: apt-get install -y --no-install-recommends miniupnpd-nftables\n/,
  ],
  [
    'one that is made for iptables',
    `printf '#!/bin/sh\\necho "using netfilter(iptables) backend"\\n' >/usr/local/other
     chmod 755 /usr/local/other; mount --bind /usr/local/other /usr/sbin/miniupnpd`,
    /error\[guest-tool-missing\]: router: .*made for nftables.*: apt-get install -y .*miniupnpd-nftables\n/,
  ],
  [
    "somebody else's",
    `printf 'ext_ifname=mgmt0\\nlistening_ip=mgmt0\\nenable_natpmp=yes\\n' >/run/other.conf
     miniupnpd -d -4 -f /run/other.conf -P /run/other.pid -o 9.9.9.9 >/dev/null 2>&1 </dev/null &
     for try in $(seq 100); do [ ! -s /run/other.pid ] || exit 0; sleep 0.1; done; exit 1`,
    /error\[guest-in-use\]: router: a miniupnpd runs here .*process \d+\n.*systemctl disable --now miniupnpd/,
  ],
];

for (const [what, prepare, said] of REFUSED)
  run(`${what}: refused before anything of the lab is changed`, (t) =>
    withHome(t, async ({ ssh, labnet, up, states }) => {
      await ssh.guests.must('router', prepare);
      const before = await states();
      const { code, stderr } = await up();
      t.is(code, 1);
      t.regex(stderr, said);
      t.deepEqual(await states(), before);
      await labnet('down');
      t.deepEqual(await states(), before);
      await ssh.guests.run('router', 'read -r pid </run/other.pid && kill $pid; umount /usr/sbin/miniupnpd');
      t.is((await up()).code, 0);
      await labnet('down');
    }),
  );
