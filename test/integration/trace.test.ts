/** `labnet trace` with real packets: what it tells of a journey, and that it names what was planted in the way, by hand. */
import test from 'ava';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TraceCause, TraceResult } from '../../src/index.js';

import { finished, isRoot, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

/** Milliseconds: for a machine on which much else runs. */
const LONG = 60_000;

type Fault = {
  readonly title: string;
  readonly lab: string;
  /** Shell, run in machines. */
  readonly plant: Readonly<Record<string, string>>;
  readonly trace: readonly string[];
  readonly kind: TraceCause['kind'];
  readonly machine: string;
  readonly text: RegExp;
  readonly fix: RegExp;
  readonly leg?: 'back';
};

const CHAIN = { lab: 'router-chain', trace: ['source', 'sink'] } as const;
const WAN = { lab: 'virtual-wan', trace: ['proxyA', 'proxyB'] } as const;

const FAULTS: readonly Fault[] = [
  {
    ...WAN,
    title: 'a missing DNAT rule',
    plant: { router: 'iptables -t nat -D LABNET-DNAT 2' },
    kind: 'not-translated',
    machine: 'router',
    text: /router does not translate the destination 100\.100\.100\.200; .*becomes 172\.168\.10\.100, and no rule does it/,
    fix: /labnet up virtual-wan\.yaml/,
  },
  {
    title: 'a missing SNAT rule',
    lab: 'two-homes',
    trace: ['alice', 'server'],
    plant: { 'router-a': 'nft flush chain ip labnet new1' },
    kind: 'not-translated',
    machine: 'router-a',
    text: /router-a does not translate the source 192\.168\.1\.10; .*becomes 203\.0\.113\.1/,
    fix: /labnet up two-homes\.yaml/,
  },
  {
    ...WAN,
    title: 'a wrong gateway: a neighbour that is a host',
    plant: { proxyA: 'ip route replace default via 192.168.10.101' },
    kind: 'wrong-way',
    machine: 'proxyA',
    text: /proxyA sends it to peerA; by the topology it goes to router/,
    fix: /labnet up virtual-wan\.yaml/,
  },
  {
    ...WAN,
    title: 'a wrong gateway: nobody',
    plant: { proxyA: 'ip route replace default via 192.168.10.77' },
    kind: 'wrong-way',
    machine: 'proxyA',
    text: /proxyA sends it by 192\.168\.10\.77, which nobody on intnetA has; .*by 192\.168\.10\.10/,
    fix: /ip route replace default via 192\.168\.10\.10/,
  },
  {
    ...WAN,
    title: 'no gateway at all',
    plant: { proxyA: 'ip route del default' },
    kind: 'no-route',
    machine: 'proxyA',
    text: /proxyA has no route to 100\.100\.100\.200/,
    fix: /labnet exec proxyA -- ip route replace default via 192\.168\.10\.10/,
  },
  {
    ...WAN,
    title: 'a gateway that is down',
    plant: { router: 'ip link set eth0 down' },
    kind: 'no-neighbour',
    machine: 'proxyA',
    text: /router has 192\.168\.10\.10, .*does not answer proxyA on intnetA: its eth0 is down/,
    fix: /labnet up/,
  },
  {
    ...CHAIN,
    title: 'a reverse path filter, and a way back that goes elsewhere',
    plant: {
      r3: 'sysctl -qw net.ipv4.conf.eth0.rp_filter=1; ip route replace 10.0.0.0/24 via 10.0.3.2',
    },
    kind: 'rp-filter',
    machine: 'r3',
    text: /r3 drops it by its reverse path filter \(rp_filter strict: 1\): it came in by eth0/,
    fix: /sysctl -w net\.ipv4\.conf\.eth0\.rp_filter=0/,
  },
  {
    ...CHAIN,
    title: 'a reply that a rule drops',
    plant: { r2: 'iptables -I FORWARD -p icmp --icmp-type echo-reply -j DROP' },
    kind: 'rule',
    leg: 'back',
    machine: 'r2',
    text: /r2 drops the answer by the rule '-A FORWARD -p icmp -m icmp --icmp-type 0 -j DROP', which is not of the topology/,
    fix: /labnet exec r2 -- iptables -t filter -D FORWARD -p icmp -m icmp --icmp-type 0 -j DROP/,
  },
  {
    ...CHAIN,
    title: 'a request that a table of nftables drops',
    plant: {
      r4: `nft 'table ip mine { chain c { type filter hook forward priority 5; icmp type echo-request drop; }; }'`,
    },
    kind: 'rule',
    machine: 'r4',
    text: /r4 drops it by the rule 'icmp type echo-request drop'/,
    fix: /nft delete rule ip mine c handle \d+/,
  },
  {
    ...CHAIN,
    title: 'a policy',
    plant: { r4: 'iptables -P FORWARD DROP' },
    kind: 'rule',
    machine: 'r4',
    text: /r4 drops it by the policy of ip filter FORWARD/,
    fix: /iptables -t filter -P FORWARD ACCEPT/,
  },
  {
    ...CHAIN,
    title: 'a rule that rejects',
    plant: { r4: 'iptables -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset' },
    trace: ['source', 'sink:80'],
    kind: 'rule',
    machine: 'r4',
    text: /r4 drops it by the rule '-A FORWARD -p tcp -m tcp --dport 80 -j REJECT/,
    fix: /iptables -t filter -D FORWARD/,
  },
  {
    ...CHAIN,
    title: 'a firewall at the destination',
    plant: { sink: 'iptables -A INPUT -p udp -j DROP' },
    trace: ['source', 'sink:53', '--proto', 'udp'],
    kind: 'rule',
    machine: 'sink',
    text: /sink drops it by the rule '-A INPUT -p udp -j DROP'/,
    fix: /iptables -t filter -D INPUT -p udp -j DROP/,
  },
  {
    ...CHAIN,
    title: 'a blackhole route',
    plant: { r3: 'ip route add blackhole 10.0.5.2' },
    kind: 'route-refuses',
    machine: 'r3',
    text: /r3 drops it by the route 'blackhole 10\.0\.5\.2'/,
    fix: /labnet exec r3 -- ip route del blackhole 10\.0\.5\.2/,
  },
  {
    ...CHAIN,
    title: 'a missing route at a router',
    plant: { r3: 'ip route del 10.0.5.0/24' },
    kind: 'no-route',
    machine: 'r3',
    text: /r3 has no route to 10\.0\.5\.2/,
    fix: /ip route replace 10\.0\.5\.0\/24 via 10\.0\.3\.2/,
  },
  {
    ...CHAIN,
    title: 'a missing route back',
    plant: { sink: 'ip route del default' },
    kind: 'no-route',
    machine: 'sink',
    text: /sink .*has no route back to 10\.0\.0\.2/,
    fix: /ip route replace default via/,
  },
  {
    ...CHAIN,
    title: 'a router on the way back without a route',
    plant: { r2: 'ip route del 10.0.0.0/24' },
    kind: 'no-route',
    leg: 'back',
    machine: 'r2',
    text: /r2 has no route back to 10\.0\.0\.2/,
    fix: /ip route replace 10\.0\.0\.0\/24 via 10\.0\.1\.1/,
  },
  {
    ...CHAIN,
    title: 'forwarding switched off',
    plant: { r2: 'sysctl -qw net.ipv4.ip_forward=0' },
    kind: 'not-forwarding',
    machine: 'r2',
    text: /r2 does not forward: net\.ipv4\.ip_forward is 0/,
    fix: /sysctl -w net\.ipv4\.ip_forward=1/,
  },
  {
    ...CHAIN,
    title: 'routes that go round in circles',
    plant: { r3: 'ip route replace 10.0.5.0/24 via 10.0.2.1' },
    kind: 'wrong-way',
    machine: 'r3',
    text: /r3 sends it to r2; by the topology it goes to r4/,
    fix: /labnet up/,
  },
  {
    ...CHAIN,
    title: 'a hole for large packets: a receiver with a smaller MTU',
    plant: { r3: 'ip link set eth0 mtu 1300' },
    kind: 'mtu',
    machine: 'r2',
    text: /small packets pass, 1500 bytes do not: r3's eth0 takes 1300 bytes: the 1500 that r2 sends it on hop2 are lost/,
    fix: /labnet exec r3 -- ip link set eth0 mtu 1500/,
  },
  {
    ...CHAIN,
    title: 'a hole for large packets: the ICMP that tells of it is filtered',
    plant: {
      r3: 'ip link set eth1 mtu 1300',
      r1: 'iptables -A FORWARD -p icmp --icmp-type destination-unreachable -j DROP',
    },
    kind: 'mtu',
    machine: 'r3',
    text: /small packets pass, 1500 bytes do not: r3 cannot send 1500 bytes on: eth1 takes 1300 .*r3 says so \(MTU 1300\), and that does not come back beyond r1/,
    fix: /no more than 1300 bytes/,
  },
  {
    ...CHAIN,
    title: 'a packet of a size that a link does not take',
    plant: { r3: 'ip link set eth1 mtu 1300' },
    trace: ['source', 'sink', '--size', '1400'],
    kind: 'mtu',
    machine: 'r3',
    text: /r3 cannot send 1400 bytes on: eth1 takes 1300/,
    fix: /no more than 1300 bytes/,
  },
  {
    ...CHAIN,
    title: 'a queue that loses it',
    plant: { r3: 'tc qdisc add dev eth1 root blackhole' },
    kind: 'queue',
    machine: 'r3',
    text: /r3 lost it in the queue of eth1/,
    fix: /tc qdisc del dev eth1 root/,
  },
  {
    ...CHAIN,
    title: 'a destination that ignores pings',
    plant: { sink: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1' },
    kind: 'no-answer',
    machine: 'sink',
    text: /sink is given it, and ignores pings/,
    fix: /sysctl -w net\.ipv4\.icmp_echo_ignore_all=0/,
  },
  {
    title: 'a forward that is gone',
    lab: 'dmz',
    trace: ['visitor', '203.0.113.1:443'],
    plant: { firewall: 'iptables -t nat -F LABNET-DNAT' },
    kind: 'not-translated',
    machine: 'firewall',
    text: /firewall does not translate the destination 203\.0\.113\.1; .*becomes 10\.2\.0\.80/,
    fix: /labnet up dmz\.yaml/,
  },
];

for (const { title, lab, plant, trace, kind, machine, text, fix, leg = 'there' } of FAULTS)
  test.serial(`named: ${title}`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    t.is((await world.run('up', examplePath(lab))).code, 0);
    for (const [where, script] of Object.entries(plant)) {
      const planted = await world.run('exec', where, '--', 'sh', '-c', script);
      t.is(planted.code, 0, planted.stderr);
    }
    const result = (await world.json('trace', ...trace, '--json')) as unknown as TraceResult;
    const shown = JSON.stringify(result.cause, null, 2);
    t.is(result.cause?.kind, kind, shown);
    t.is(result.cause?.machine, machine, shown);
    t.is(result.cause?.leg, leg, shown);
    t.regex(result.cause?.text ?? '', text);
    t.regex(result.cause?.fix ?? '', fix);
    t.deepEqual(result.notes, []);
  });

/** Hop by hop as `machine source>destination`, as each is left, or where it ends. */
const ways = ({ hops }: TraceResult['there']): string[] =>
  hops.map(({ machine, in: came, out }) => {
    const packet = (out ?? came)?.packet;
    return `${machine} ${packet?.source ?? ''}>${packet?.destination ?? ''}`;
  });

const rulesOf = ({ hops }: TraceResult['there']): string[] =>
  hops.flatMap(({ machine, translations }) =>
    translations.map(
      ({ field, rule }) => `${machine} ${field} ${rule?.at?.file ?? ''}:${rule?.at?.line ?? 0}`,
    ),
  );

type Journey = {
  readonly title: string;
  readonly lab: string;
  readonly trace: readonly string[];
  readonly there: readonly string[];
  readonly rules: readonly string[];
  readonly back: readonly string[];
};

const JOURNEYS: readonly Journey[] = [
  {
    title: '1:1 NAT both ways',
    lab: 'virtual-wan',
    trace: ['proxyA', 'proxyB'],
    there: [
      'proxyA 192.168.10.100>100.100.100.200',
      'router 100.100.100.100>172.168.10.100',
      'proxyB 100.100.100.100>172.168.10.100',
    ],
    rules: ['router destination virtual-wan.yaml:20', 'router source virtual-wan.yaml:19'],
    back: [
      'proxyB 172.168.10.100>100.100.100.100',
      'router 100.100.100.200>192.168.10.100',
      'proxyA 100.100.100.200>192.168.10.100',
    ],
  },
  {
    title: 'double NAT',
    lab: 'carrier-grade',
    trace: ['laptop', 'server'],
    there: [
      'laptop 192.168.1.20>203.0.113.10',
      'home-router 100.64.0.11>203.0.113.10',
      'carrier 203.0.113.1>203.0.113.10',
      'server 203.0.113.1>203.0.113.10',
    ],
    rules: ['home-router source carrier-grade.yaml:21', 'carrier source carrier-grade.yaml:27'],
    back: [
      'server 203.0.113.10>203.0.113.1',
      'carrier 203.0.113.10>100.64.0.11',
      'home-router 203.0.113.10>192.168.1.20',
      'laptop 203.0.113.10>192.168.1.20',
    ],
  },
  {
    title: 'a hairpin to a forwarded port, where nobody listens',
    lab: 'hairpin',
    trace: ['laptop', '203.0.113.1:8080'],
    there: [
      'laptop 192.168.1.20>203.0.113.1',
      'home-router 203.0.113.1>192.168.1.80',
      'server 203.0.113.1>192.168.1.80',
    ],
    rules: ['home-router destination hairpin.yaml:22', 'home-router source hairpin.yaml:21'],
    back: [
      'server 192.168.1.80>203.0.113.1',
      'home-router 203.0.113.1>192.168.1.20',
      'laptop 203.0.113.1>192.168.1.20',
    ],
  },
  {
    title: 'a forward to another port, by UDP through a second NAT',
    lab: 'dmz',
    trace: ['visitor', '203.0.113.1:5001', '--proto', 'udp'],
    there: [
      'visitor 203.0.113.50>203.0.113.1',
      'firewall 203.0.113.50>10.2.0.80',
      'web 203.0.113.50>10.2.0.80',
    ],
    rules: ['firewall destination dmz.yaml:23'],
    back: [
      'web 10.2.0.80>203.0.113.50',
      'firewall 203.0.113.1>203.0.113.50',
      'visitor 203.0.113.1>203.0.113.50',
    ],
  },
  {
    title: 'five routers and no NAT, by IPv6',
    lab: 'router-chain',
    trace: ['source', '[2001:db8:5::2]:80'],
    there: ['source', 'r1', 'r2', 'r3', 'r4', 'r5', 'sink'].map(
      (name) => `${name} 2001:db8::2>2001:db8:5::2`,
    ),
    rules: [],
    back: ['sink', 'r5', 'r4', 'r3', 'r2', 'r1', 'source'].map((name) => `${name} 2001:db8:5::2>2001:db8::2`),
  },
];

for (const who of isRoot ? (['self', 'user'] as const) : (['self'] as const))
  for (const { title, lab, trace, there, rules, back } of JOURNEYS)
    test.serial(`told (${who}): ${title}`, async (t) => {
      const world = new World(who);
      t.teardown(() => world.end());
      t.is((await world.run('up', examplePath(lab))).code, 0);
      const result = (await world.json('trace', ...trace, '--json')) as unknown as TraceResult;
      t.true(result.answered, JSON.stringify(result.cause ?? result.errors));
      t.deepEqual([result.unexpected, result.notes, result.cause], [[], [], undefined]);
      t.deepEqual(ways(result.there), there);
      t.deepEqual(rulesOf(result.there), rules);
      t.deepEqual(ways(result.back), back);
      // A second one, by whom the table of the first would be seen; and nothing of either is left.
      const again = await world.run('trace', ...trace);
      t.is(again.code, 0, again.stdout + again.stderr);
      const tables = await world.run('exec', there[1]?.split(' ')[0] ?? '', '--', 'nft', 'list', 'tables');
      t.false(tables.stdout.includes('labnet-trace'), tables.stdout);
    });

const tablesOf = async (world: World, machine: string): Promise<string> =>
  (await world.run('exec', machine, '--', 'nft', 'list', 'tables')).stdout;

for (const signal of ['SIGKILL', 'SIGINT'] as const)
  test.serial(`stopped by ${signal}, it leaves no table of rules and no program`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    t.is((await world.run('up', examplePath('router-chain'))).code, 0);
    await world.run('exec', 'sink', '--', 'ip', 'route', 'del', 'default');
    const child = world.start('trace', 'source', 'sink', '--wait', '60');
    const closed = once(child, 'close');
    const until = performance.now() + LONG;
    while (!(await tablesOf(world, 'r3')).includes('labnet-trace')) {
      t.true(performance.now() < until, 'it never began');
      await sleep(50);
    }
    child.kill(signal);
    await closed;
    while ((await tablesOf(world, 'r3')).includes('labnet-trace') && performance.now() < until)
      await sleep(50);
    t.false((await tablesOf(world, 'r3')).includes('labnet-trace'));
    const drift = await world.json('status', '--drift', '--json');
    t.deepEqual(
      (drift['changes'] as { machine: string }[]).map(({ machine }) => machine),
      ['sink'],
    );
  });

test.serial('while it is at work, nothing of it counts as changed by hand', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  t.is((await world.run('up', examplePath('virtual-wan'))).code, 0);
  // Somebody whose port is taken and who does not answer, so that there is something to wait for.
  const child = world.start('trace', 'proxyA', '172.168.10.100', '--wait', '6');
  const ended = finished(child);
  while (child.exitCode === null && !(await tablesOf(world, 'router')).includes('labnet-trace'))
    await sleep(50);
  t.deepEqual((await world.json('status', '--drift', '--json'))['changes'], []);
  const { code, stdout } = await ended;
  t.is(code, 1);
  t.regex(stdout, /router drops it by the rule .*as the topology wants it: untranslated to intnetB/);
});

test.serial('what was expected otherwise is said of what is answered, too', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  t.is((await world.run('up', examplePath('carrier-grade'))).code, 0);
  await world.run('exec', 'carrier', '--', 'nft', 'flush', 'chain', 'ip', 'labnet', 'srcnat1');
  const { code, stdout } = await world.run('trace', 'laptop', 'server');
  t.is(code, 0, stdout);
  t.regex(
    stdout,
    /! not as the topology has it: carrier does not translate the source 100\.64\.0\.11; .*203\.0\.113\.1/,
  );
});

test.serial('a program that listens is told from one that does not answer, and from none', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  t.is((await world.run('up', examplePath('router-chain'))).code, 0);
  const server = `use IO::Socket::INET;
my $quiet = IO::Socket::INET->new(LocalPort => 5353, Proto => 'udp') or die;
my $echo = IO::Socket::INET->new(LocalPort => 7, Proto => 'udp') or die;
my $tcp = IO::Socket::INET->new(LocalPort => 80, Listen => 5, ReuseAddr => 1) or die;
print "ready\\n"; $| = 1; STDOUT->flush;
alarm 60;
while ($echo->recv(my $data, 2000)) { $echo->send($data) }`;
  const program = world.start('exec', 'sink', '--', 'perl', '-e', server);
  t.teardown(() => program.kill('SIGKILL'));
  await once(program.stdout ?? program, 'data');
  for (const [to, protocol, code, said] of [
    ['sink:80', 'tcp', 0, /✓ answered: connection established/],
    ['sink:81', 'tcp', 0, /✓ answered: connection refused \(RST\): nobody listens there/],
    ['sink:7', 'udp', 0, /✓ answered: datagram, [\d.]+ ms; path MTU 1500/],
    ['sink:5353', 'udp', 1, /the program that has udp\/5353 does not answer it/],
    ['sink:5354', 'udp', 0, /✓ answered: port unreachable: nobody listens there/],
  ] as const) {
    const result = await world.run('trace', 'source', to, '--proto', protocol);
    t.regex(result.stdout, said);
    t.is(result.code, code, result.stdout);
  }
});

test.serial('what cannot be asked is said with exit code 2', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  t.is((await world.run('up', examplePath('virtual-wan'))).code, 0);
  for (const [args, said] of [
    [['proxyX', 'proxyB'], /error\[machine-not-found\][^]*did you mean 'proxyA'/],
    [['proxyA', 'proxyC'], /error\[machine-not-found\]/],
    [['proxyA', 'proxyB.intnetA'], /error\[not-attached\]/],
    [['proxyA', 'proxyB:80', '--proto', 'icmp'], /error\[bad-usage\]: ICMP has no ports/],
    [['proxyA', 'proxyB', '--proto', 'udp'], /error\[bad-usage\]: udp needs a port/],
    [['proxyA', 'proxyB', '--proto', 'upd'], /error\[bad-usage\][^]*fix: protocols: icmp, tcp, udp/],
    [['proxyA', 'proxyB:99999'], /error\[bad-usage\]: 'proxyB:99999' is no destination/],
    [['proxyA', 'proxyB', '--size', '10'], /error\[bad-usage\]: --size is 68 to 65535 bytes/],
    [['proxyA', 'proxyB:80', '--size', '100'], /error\[bad-usage\]/],
    [['proxyA', 'proxyB', '--wait', '0'], /error\[bad-usage\]: --wait/],
  ] as const) {
    const { code, stdout, stderr } = await world.run('trace', ...args);
    t.is(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
    t.regex(stderr, said);
  }
});
