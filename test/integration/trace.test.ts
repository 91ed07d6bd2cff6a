/** `labnet trace` with real packets: what it tells of a journey, as root and as an ordinary user. */
import test from 'ava';
import { once } from 'node:events';
import type { TraceResult } from '../../src/index.js';
import { USERS, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

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

for (const { who, as } of USERS)
  for (const { title, lab, trace, there, rules, back } of JOURNEYS)
    test.serial(`told: ${title}, as ${as}`, async (t) => {
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

test.serial('a machine to itself, and several traces at once', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  t.is((await world.run('up', examplePath('router-chain'))).code, 0);
  const asked = [
    ['r3', 'r3'],
    ['source', 'sink'],
    ['sink', 'source'],
    ['sink', 'r1:22'],
  ];
  for (const { code, stdout } of await Promise.all(asked.map((args) => world.run('trace', ...args)))) {
    t.is(code, 0, stdout);
    t.notRegex(stdout, /^!/m);
  }
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
