/** Routers that let inside hosts open ports, asked by the clients that people use: natpmpc and upnpc. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopologyData } from '../../src/index.js';
import { Lab } from '../../src/index.js';
import { PRESETS, STATIC_PRESET } from '../../src/nat/presets/index.js';
import { noRoot, USERS, World } from '../helpers/cli.js';
import { knock, serve } from '../helpers/knock.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const SHARED = Object.keys(PRESETS).filter((name) => name !== STATIC_PRESET);
const TIMEOUT = { timeout: 60_000 };

const home = (name: string, more: object = {}, outside = '203.0.113'): TopologyData => ({
  name,
  segments: { home: '192.168.1.0/24', internet: `${outside}.0/24` },
  hosts: {
    alice: { home: '192.168.1.10' },
    bob: { home: '192.168.1.11' },
    server: { internet: `${outside}.1` },
  },
  routers: {
    r: {
      interfaces: { home: '192.168.1.1', internet: `${outside}.11` },
      nat: [{ masquerade: 'home', via: 'internet', 'port-control': true, ...more }],
    },
  },
});

async function labOf(t: ExecutionContext, topology: TopologyData): Promise<Lab> {
  const world = new World();
  const lab = await Lab.up(topology, { stateDir: world.stateDir });
  t.teardown(() => world.end());
  t.teardown(() => lab.down());
  return lab;
}

function written(world: World, topology: TopologyData): string {
  const file = `${world.stateDir}/${topology.name}.yaml`;
  writeFileSync(file, JSON.stringify(topology));
  return file;
}

async function run(lab: Lab, machine: string, ...argv: readonly [string, ...string[]]): Promise<string> {
  const { stdout, stderr } = await lab.exec(machine, argv, TIMEOUT);
  return stdout + stderr;
}

const wrongIn = async (lab: Lab) => (await lab.verify()).verdicts.filter(({ status }) => status !== 'pass');

/** Closing is answered before it is done: within a moment no new connection gets in. */
async function isShut(lab: Lab, ...args: readonly (string | number)[]): Promise<boolean> {
  for (let tries = 0; tries < 10; tries++) {
    if ((await knock(lab, 'server', ...args)) === 'closed') return true;
    await sleep(200);
  }
  return false;
}

test('what a client opens is open in spite of every preset, and shut when the client closes it', async (t) => {
  const at = SHARED.map((preset, index) => ({ preset, host: `h${index}`, shown: `203.0.113.${10 + index}` }));
  const lab = await labOf(t, {
    name: 'presets',
    segments: {
      internet: '203.0.113.0/24',
      ...Object.fromEntries(at.map(({ host }, index) => [`s${host}`, `10.0.${index}.0/24`])),
    },
    hosts: {
      server: { internet: '203.0.113.1' },
      ...Object.fromEntries(at.map(({ host }) => [host, { [`s${host}`]: 'auto' }])),
    },
    routers: Object.fromEntries(
      at.map(({ host, preset, shown }) => [
        `r${host}`,
        {
          interfaces: { [`s${host}`]: 'auto', internet: shown },
          nat: [{ masquerade: `s${host}`, via: 'internet', preset, 'port-control': true }],
        },
      ]),
    ),
  });
  await Promise.all(at.map(({ host }) => serve(lab, host, 7000)));
  const openAndClose = async ({ host, preset, shown }: (typeof at)[number]): Promise<void> => {
    for (const protocol of ['tcp', 'udp'] as const) {
      t.is(await knock(lab, 'server', protocol, shown, 5000), 'closed', preset);
      const said = await run(lab, host, 'natpmpc', '-a', '5000', '7000', protocol, '300');
      t.regex(said, new RegExp(`Public IP address : ${shown}`), preset);
      t.regex(said, /Mapped public port 5000/, preset);
      t.regex(await knock(lab, 'server', protocol, shown, 5000), /^seen 203\.0\.113\.1 /, preset);
      await run(lab, host, 'natpmpc', '-a', '5000', '7000', protocol, '0');
      t.true(await isShut(lab, protocol, shown, 5000), preset);
    }
  };
  await Promise.all(at.map(openAndClose));
  t.deepEqual(await wrongIn(lab), []);
});

for (const { who, as } of USERS) {
  test(`NAT-PMP, UPnP and what verify says, as ${as}`, async (t) => {
    const world = new World(who);
    t.teardown(() => world.end());
    const exec = async (machine: string, ...argv: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await world.run('exec', machine, '--', ...argv);
      return stdout + stderr;
    };
    const up = await world.run('up', written(world, home('both')));
    t.is(up.code, 0, up.stderr);
    t.regex(await exec('alice', 'natpmpc', '-a', '5000', '7000', 'tcp', '60'), /Mapped public port 5000/);
    const added = await exec('bob', 'upnpc', '-i', '-a', '192.168.1.11', '7001', '5001', 'udp', '60');
    t.regex(added, /203\.0\.113\.11:5001 UDP is redirected to internal 192\.168\.1\.11:7001/);
    t.regex(await exec('alice', 'upnpc', '-i', '-l'), /TCP\s+5000->192\.168\.1\.10:7000/);
    const opened = await exec('r', 'nft', 'list', 'map', 'ip', 'labnet', 'opened1');
    t.regex(opened, /tcp \. 5000 : 192\.168\.1\.10 \. 7000/);
    t.regex(opened, /udp \. 5001 : 192\.168\.1\.11 \. 7001/);
    const { stdout, code } = await world.run('verify', '--only', 'port-control');
    t.is(code, 0, stdout);
    t.regex(stdout, /nat-pmp: told 203\.0\.113\.11, pcp: answered, upnp: answered/);
    const settled = await world.run('nat', 'set', 'r', 'preset=symmetric');
    t.is(settled.code, 0, settled.stderr);
    t.is(await exec('r', 'nft', 'list', 'map', 'ip', 'labnet', 'opened1'), opened);
    const flushed = await world.run('nat', 'flush', 'r');
    t.is(flushed.code, 0, flushed.stderr);
    t.notRegex(await exec('r', 'nft', 'list', 'map', 'ip', 'labnet', 'opened1'), /elements/);
    const holders = holdersOf(world.stateDir, 'both');
    const spaces = holders.map((pid) => readlinkSync(`/proc/${pid}/ns/pid`));
    t.true(spaces.flatMap(namesIn).includes('miniupnpd'));
    for (const pid of holders) process.kill(pid, 'SIGKILL');
    for (let tries = 0; tries < 50 && spaces.some((space) => namesIn(space).length > 0); tries++)
      await sleep(100);
    t.deepEqual(spaces.flatMap(namesIn), []);
  });
}

/** What runs in a pid namespace. */
const namesIn = (space: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/ns/pid`) !== space) return [];
        return [readFileSync(`/proc/${pid}/comm`, 'utf8').trim()];
      } catch {
        return [];
      }
    });

test('upnpc takes a router with a public address for connected, and PCP is answered', async (t) => {
  const lab = await labOf(t, home('pcp', {}, '9.9.9'));
  await serve(lab, 'alice', 7000);
  const added = await run(lab, 'alice', 'upnpc', '-a', '192.168.1.10', '7000', '5000', 'tcp', '60');
  t.regex(added, /Found valid IGD/);
  t.is((await knock(lab, 'server', 'tcp', '9.9.9.11', 5000)).split(' ')[1], '9.9.9.1');
  // RFC 6887 section 11.1: MAP of UDP port 7000 for two minutes, any external port; the answer has it at byte 42.
  const pcp = `use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 0); my $me = "\\0" x 10 . "\\xff\\xff" . inet_aton("192.168.1.10");
    send($s, pack("CCnN", 2, 1, 0, 120) . $me . "nonce-nonce-" . pack("Cx3nn", 17, 7000, 0) . "\\0" x 16, 0, pack_sockaddr_in(5351, inet_aton("192.168.1.1")));
    alarm 5; recv($s, my $a, 99, 0); print join " ", unpack("x3C", $a), unpack("x42n", $a), inet_ntoa(substr($a, 56, 4))`;
  const [result, port, shown] = (await run(lab, 'alice', 'perl', '-e', pcp)).split(' ');
  t.is(result, '0');
  t.is(shown, '9.9.9.11');
  t.regex(await knock(lab, 'server', 'udp', '9.9.9.11', port ?? ''), /^seen 9\.9\.9\.1 /);
});

test('an opened port is one mapping: its host sends from it, nobody else gets it, peers inside reach it', async (t) => {
  const lab = await labOf(t, home('one'));
  await Promise.all([serve(lab, 'alice', 7000), serve(lab, 'server', 9000)]);
  // Bob has the port by having sent from it; who asks for it gets it all the same.
  t.is(await knock(lab, 'bob', 'udp', '203.0.113.1', 9000, 5000), 'seen 203.0.113.11 5000');
  await run(lab, 'alice', 'natpmpc', '-a', '5000', '7000', 'udp', '60');
  await run(lab, 'alice', 'natpmpc', '-a', '5000', '7000', 'tcp', '60');
  t.regex(await knock(lab, 'server', 'udp', '203.0.113.11', 5000), /^seen 203/);
  t.regex(await knock(lab, 'server', 'tcp', '203.0.113.11', 5000), /^seen 203/);
  t.regex(await knock(lab, 'bob', 'tcp', '203.0.113.11', 5000), /^seen 203\.0\.113\.11 /);
  t.is(await knock(lab, 'bob', 'tcp', '203.0.113.1', 9000, 5001), 'seen 203.0.113.11 5001');
  t.not(await knock(lab, 'bob', 'tcp', '203.0.113.1', 9000, 5000), 'seen 203.0.113.11 5000');
  t.is(await knock(lab, 'alice', 'tcp', '203.0.113.1', 9000, 7000), 'seen 203.0.113.11 5000');
  // A second who asks for it is told another one.
  t.regex(await run(lab, 'bob', 'natpmpc', '-a', '5000', '80', 'tcp', '60'), /Mapped public port 5001/);
});

test('what is open stays open with another behaviour, and is shut by a reboot', async (t) => {
  const lab = await labOf(t, home('set'));
  await Promise.all([serve(lab, 'alice', 7000), serve(lab, 'bob', 7001)]);
  const open = async (): Promise<void> => {
    await run(lab, 'alice', 'natpmpc', '-a', '5000', '7000', 'tcp', '600');
    await run(lab, 'bob', 'upnpc', '-i', '-a', '192.168.1.11', '7001', '5001', 'udp', '600');
  };
  const isOpen = async (what: string): Promise<void> => {
    t.regex(await knock(lab, 'server', 'tcp', '203.0.113.11', 5000), /^seen /, what);
    t.regex(await knock(lab, 'server', 'udp', '203.0.113.11', 5001), /^seen /, what);
  };
  await open();
  for (const settings of [
    ['preset=symmetric'],
    ['preset=full-cone', 'hairpin=false'],
    ['mapping=address-dependent', 'filtering=address-dependent', 'ports=sequential'],
    ['preset=home-router', 'timeouts.udp=60s'],
  ]) {
    await lab.setNat('r', settings);
    const opened = await run(lab, 'r', 'nft', 'list', 'map', 'ip', 'labnet', 'opened1');
    t.regex(opened, /tcp \. 5000 : 192\.168\.1\.10 \. 7000/, settings.join());
    await isOpen(settings.join());
    t.deepEqual(await wrongIn(lab), [], settings.join());
  }
  await run(lab, 'r', 'sh', '-c', 'kill -9 $(cat /run/port-control/pid)');
  await sleep(3000);
  await isOpen('miniupnpd ended');
  await lab.flushNat('r');
  for (const way of [
    ['tcp', '203.0.113.11', 5000],
    ['udp', '203.0.113.11', 5001],
  ])
    t.is(await knock(lab, 'server', ...way), 'closed', 'flushed');
  t.regex(await run(lab, 'alice', 'natpmpc'), /epoch = \d\n/, 'clients see that it was');
  await open();
  await isOpen('opened again');
});

test('a lease ends, a forwarded port is not to be had', async (t) => {
  const topology = home('lease');
  const r = topology.routers?.['r'];
  const nat = [...((r?.nat ?? []) as object[]), { forward: 'tcp/8080', via: 'internet', to: 'bob:80' }];
  const lab = await labOf(t, { ...topology, routers: { r: { ...r, nat } } } as TopologyData);
  await serve(lab, 'alice', 7000);
  await run(lab, 'alice', 'natpmpc', '-a', '5002', '7000', 'tcp', '3');
  t.regex(await knock(lab, 'server', 'tcp', '203.0.113.11', 5002), /^seen /);
  await sleep(4000);
  t.true(await isShut(lab, 'tcp', '203.0.113.11', 5002));
  t.notRegex(
    await run(lab, 'alice', 'natpmpc', '-a', '8080', '7000', 'tcp', '60'),
    /Mapped public port 8080/,
  );
});

unless(noRoot)('where miniupnpd is missing, nothing is made', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const file = written(world, home('missing'));
  const hide =
    'for one in /usr/sbin/miniupnpd /sbin/miniupnpd; do mount --bind /dev/null $one; done; exec "$@"';
  const without = world.through('unshare', '--mount', '--', 'sh', '-c', hide, 'sh');
  const up = await without.run('up', file);
  t.is(up.code, 1);
  t.regex(up.stderr, /tool-missing.*miniupnpd is not installed/);
  t.regex(up.stderr, /apt-get install miniupnpd-nftables/);
  t.deepEqual(holdersOf(world.stateDir, 'missing'), []);
});
