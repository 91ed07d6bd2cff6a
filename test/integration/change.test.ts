/** A running lab that is made another one in place: what is planned, what is done, and what goes on meanwhile. */
import test from 'ava';
import { once } from 'node:events';
import type { PlannedChange } from '../../src/index.js';
import type { Topology } from '../helpers/changing.js';
import { Changing, nested, texts } from '../helpers/changing.js';
import { finished, USERS } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';

guardMachine(test);

/** Beside all the other tests: more than they may be silent for (ava.config.js). */
const LONG = 400_000;

/** What may be written otherwise, and what has to be among what is planned. */
const CHANGES: readonly (readonly [what: string, change: (topology: Topology) => void, planned: RegExp])[] = [
  ['a host more', (it) => (nested(it, 'hosts')['dave'] = { home: 'auto' }), /added dave: network namespace/],
  ['a host less', (it) => delete nested(it, 'hosts')['bob'], /removed bob: network namespace/],
  [
    'a host with another address',
    (it) => (nested(it, 'hosts')['bob'] = { home: '192.168.1.77' }),
    /removed bob: address 192.168.1.11\/24 on eth0/,
  ],
  [
    'a segment more, with a leg of a router and a host',
    (it) => {
      nested(it, 'segments')['lab'] = '10.2.0.0/24';
      nested(it, 'routers', 'edge', 'interfaces')['lab'] = '10.2.0.1';
      nested(it, 'hosts')['dave'] = { lab: 'auto' };
    },
    /added edge: interface eth2 on lab/,
  ],
  [
    'another subnet',
    (it) => {
      nested(it, 'segments')['office'] = '10.9.0.0/24';
      nested(it, 'hosts')['carol'] = { office: '10.9.0.10' };
      nested(it, 'routers', 'edge', 'interfaces')['office'] = '10.9.0.1';
    },
    /changed carol: route to default via 10.9.0.1 on eth0/,
  ],
  [
    'another NAT',
    (it) =>
      (nested(it, 'routers', 'gate')['nat'] = [{ masquerade: 'home', via: 'internet', preset: 'symmetric' }]),
    /changed gate: NAT and filter rules/,
  ],
  ['no NAT', (it) => delete nested(it, 'routers', 'edge')['nat'], /changed edge: NAT and filter rules/],
];

/** As an ordinary user those that take the most. */
const OF_USERS = ['a segment more, with a leg of a router and a host', 'another NAT'];

for (const { who, as } of USERS)
  for (const [what, change, planned] of CHANGES.filter(([one]) => who === 'self' || OF_USERS.includes(one)))
    test(`${what}: planned, done, proven and taken back, as ${as}`, async (t) => {
      const lab = new Changing(t, who);
      lab.write();
      await lab.up();
      lab.write(change);
      const expected = await lab.plan();
      t.regex(texts(expected).join('\n'), planned);
      t.true(expected.every(({ reason }) => reason === 'file'));
      t.deepEqual(texts(await lab.up()), texts(expected));
      t.deepEqual(await lab.plan(), []);
      const verified = await lab.world.run('verify');
      t.is(verified.code, 0, verified.stdout);
      lab.write();
      t.true((await lab.up()).length > 0);
      t.is((await lab.world.run('status', '--drift')).code, 0);
      t.is((await lab.world.run('verify')).code, 0);
    });

test('a ping and a connection of others go on while everything else changes', async (t) => {
  t.timeout(LONG);
  const lab = new Changing(t);
  lab.write();
  await lab.up();
  const ping = lab.world.start(
    'exec',
    'alice',
    '--',
    'ping',
    '-i',
    '0.01',
    '-c',
    '600',
    '-q',
    '203.0.113.10',
  );
  const pinged = finished(ping);
  const talk = `socket(my $s, AF_INET, SOCK_STREAM, 0); `;
  const serve = `use Socket; ${talk}setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($s, pack_sockaddr_in(7000, INADDR_ANY)) and listen($s, 1) or die; accept(my $c, $s);
    while (sysread $c, my $x, 1) { syswrite $c, $x }`;
  const server = finished(lab.world.start('exec', 'server', '--', 'perl', '-e', serve));
  const echo = `use Socket; ${talk}for (1 .. 50) { last if connect($s, pack_sockaddr_in(7000, inet_aton('203.0.113.10'))); select undef, undef, undef, 0.1 }
    for (1 .. 500) { syswrite $s, 'x' or die "$!"; sysread $s, my $y, 1 or die "closed"; select undef, undef, undef, 0.01 } print "500 echoed"`;
  const client = finished(lab.world.start('exec', 'alice', '--', 'perl', '-e', echo));
  await once(ping, 'spawn');
  for (const [, change] of [...CHANGES].reverse()) {
    lab.write((topology) => {
      const gate = JSON.stringify(nested(topology, 'routers', 'gate')['nat']);
      change(topology);
      // Alice's own way out stays as it is.
      nested(topology, 'routers', 'gate')['nat'] = JSON.parse(gate) as unknown;
    });
    await lab.up();
  }
  t.regex((await pinged).stdout, /600 packets transmitted, 600 received, 0% packet loss/);
  const echoed = await client;
  t.is(echoed.stdout, '500 echoed', echoed.stderr);
  await server;
});

/** What somebody may do by hand, and how it is said. */
const PLANTS: readonly (readonly [machine: string, script: string, said: RegExp])[] = [
  ['alice', 'ip address del 192.168.1.10/24 dev eth0', /added alice: address 192.168.1.10\/24 on eth0/],
  ['alice', 'ip address add 192.168.1.99/24 dev eth0', /removed alice: address 192.168.1.99\/24 on eth0/],
  ['alice', 'ip link set eth0 down', /changed alice: interface eth0 on home \(down\)/],
  ['alice', 'ip link del eth0', /added alice: interface eth0 on home/],
  [
    'alice',
    'ip link set eth0 address 02:00:00:00:00:99',
    /changed alice: interface eth0 on home \(has the MAC/,
  ],
  ['alice', 'ip route del default', /added alice: route to default via 192.168.1.1 on eth0/],
  [
    'alice',
    'ip route replace default via 192.168.1.11',
    /changed alice: route to default via 192.168.1.1 on eth0 \(is via 192.168.1.11/,
  ],
  [
    'gate',
    'ip route add 198.51.100.0/24 via 203.0.113.10',
    /removed gate: route to 198.51.100.0\/24 via 203.0.113.10/,
  ],
  ['gate', 'sysctl -qw net.ipv4.ip_forward=0', /changed gate: net.ipv4.ip_forward = 1 \(is 0\)/],
  ['gate', 'sysctl -qw net.netfilter.nf_conntrack_udp_timeout=7', /nf_conntrack_udp_timeout = 30 \(is 7\)/],
  ['gate', 'nft flush chain ip labnet outward1', /changed gate: NAT and filter rules/],
  ['gate', 'nft delete table ip labnet', /changed gate: NAT and filter rules/],
  ['edge', 'iptables -t nat -D PREROUTING -j LABNET-DNAT', /changed edge: NAT and filter rules/],
  ['edge', 'iptables -t nat -F; iptables -t nat -X', /changed edge: NAT and filter rules/],
  ['edge', 'iptables -A LABNET-FORWARD -j DROP', /changed edge: NAT and filter rules/],
];

test('what is changed by hand is said, and mended by up', async (t) => {
  t.timeout(LONG);
  const lab = new Changing(t);
  lab.write();
  await lab.up();
  for (const [machine, script, said] of PLANTS) {
    t.is((await lab.world.run('exec', machine, '--', 'sh', '-c', script)).code, 0, script);
    const drift = await lab.world.run('status', '--drift', '--json');
    t.is(drift.code, 1, script);
    const { changes } = JSON.parse(drift.stdout) as { changes: readonly PlannedChange[] };
    t.regex(texts(changes).join('\n'), said, script);
    t.true(
      changes.every(({ reason }) => reason === 'hand'),
      script,
    );
    t.deepEqual(texts(await lab.up()), texts(changes), script);
  }
  t.deepEqual(await lab.plan(), []);
  const verified = await lab.world.run('verify');
  t.is(verified.code, 0, verified.stdout);
});

test("programs, tunnels and others' rules in machines are not labnet's", async (t) => {
  const lab = new Changing(t);
  lab.write();
  await lab.up();
  const theirs = `ip tuntap add tun7 mode tun && ip address add 10.77.0.1/24 dev tun7 && ip link set tun7 up &&
    ip route add 10.78.0.0/24 dev tun7 && iptables -A FORWARD -s 10.77.0.0/24 -j ACCEPT && nft add table ip mine`;
  const planted = await lab.world.run('exec', 'gate', '--', 'sh', '-c', theirs);
  t.is(planted.code, 0, planted.stderr);
  t.deepEqual(await lab.plan(), []);
  lab.write(CHANGES[5]?.[1]);
  await lab.up();
  const left = 'ip route show 10.78.0.0/24; iptables -S FORWARD; nft list table ip mine';
  const { stdout } = await lab.world.run('exec', 'gate', '--', 'sh', '-c', left);
  t.regex(stdout, /dev tun7[^]*-s 10.77.0.0\/24 -j ACCEPT[^]*table ip mine/);
});

test('rules that do the same stay as they are, and are found under lines that moved', async (t) => {
  const lab = new Changing(t);
  lab.write();
  await lab.up();
  await lab.world.run('exec', 'alice', '--', 'ping', '-c1', '203.0.113.10');
  lab.write((it) => (nested(it, 'hosts')['dave'] = { internet: 'auto' }));
  t.notRegex(texts(await lab.up()).join(), /rules/);
  t.regex(
    (await lab.world.run('status')).stdout,
    /masquerade: home[^]*\n +1 +oifname "eth1" ip saddr 192.168.1.0\/24 goto/,
  );
});
