/**
 * NAT on four real virtual machines as on namespaces: its kinds, set one after the other while the lab runs, with
 * every way of choosing ports, a pool beside a single address, hairpinning, and a published host that filters.
 */
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { DEPENDENCES } from '../../src/core/nat-words.js';
import type { Result } from '../helpers/cli.js';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { unless } from '../helpers/unless.js';
import type { Say } from './clock.js';
import { clocked } from './clock.js';
import { VmHost } from './host.js';
import type { Verdict } from './verdicts.js';
import { verdictsOf } from './verdicts.js';
import { VmWorld } from './world.js';

guardMachine(test);

const run = unless(VmHost.whyNot());

/** The server has an address on either way out of the gate, and a third one behind it. */
const TOPOLOGY = {
  name: 'vm-nat',
  segments: {
    home: { subnet: '192.168.1.0/24', subnet6: 'fd00:1::/64' },
    internet: { subnet: '203.0.113.0/24', subnet6: '2001:db8:1::/64' },
    uplink: '198.51.100.0/24',
    beyond: { subnet: '192.0.2.0/24', subnet6: '2001:db8:2::/64' },
  },
  hosts: {
    alice: { home: '192.168.1.10' },
    bob: { home: '192.168.1.11' },
  },
  routers: {
    gate: {
      interfaces: { home: '192.168.1.1', internet: '203.0.113.1', uplink: '198.51.100.1' },
      nat: [
        { masquerade: 'home', via: 'internet' },
        { nat66: 'home', via: 'internet' },
        { masquerade: 'home', via: 'uplink', public: '198.51.100.20-198.51.100.21', pooling: 'arbitrary' },
      ],
    },
    server: { interfaces: { internet: '203.0.113.10', uplink: '198.51.100.10', beyond: '192.0.2.10' } },
  },
};

/** What is set beside each pair: what is not said stays as it was. */
const BESIDE = [
  ['ports=preserve', 'hairpin=true'],
  ['ports=random'],
  ['ports=parity', 'timeouts.udp=40s'],
  ['ports=sequential'],
  ['ports=blocks', 'pooling=paired', 'hairpin=false'],
  ['ports=random', 'pooling=arbitrary', 'seed=7'],
  ['ports=preserve', 'hairpin=true'],
  ['ports=random'],
  // Nothing that iptables has no words for, but for the pool.
  ['preset=symmetric'],
] as const;

const ALL = DEPENDENCES.flatMap((mapping, row) =>
  DEPENDENCES.map((filtering, column) => {
    const index = 3 * row + column;
    return { index, mapping, filtering, beside: BESIDE[index] ?? [] };
  }),
);

/** Each mapping and each filtering, as one takes minutes under emulation; all nine with LABNET_TEST_NATS=all. */
const SAMPLE = [0, 3, 4, 6, 8];
const KINDS =
  process.env['LABNET_TEST_NATS'] === 'all' ? ALL : ALL.filter(({ index }) => SAMPLE.includes(index));

/** Here or on a test host. */
type Labnet = Pick<World, 'run'>;
type Trait = { trait: string; declared: string; observed: string[]; status: string };
type Probed = { readonly nats: readonly { readonly line: number; readonly traits: readonly Trait[] }[] };

/** Of ports, what fits them beside what is declared is a matter of chance. */
const brief = ({ trait, declared, observed, status }: Trait): string =>
  `${trait}: ${status}, ${/^(ports|pooling)$/.test(trait) ? declared : `${observed.join(' or ')} for ${declared}`}`;

/** Says who it is to both addresses outside, from the same port, and again for those who did not hear it. */
const SAY = `use Socket; my ($who, $port) = @ARGV; socket(S, PF_INET, SOCK_DGRAM, 17);
bind(S, pack_sockaddr_in($port, INADDR_ANY));
for (1 .. 20) {
  send(S, $who, 0, pack_sockaddr_in(6001, inet_aton($_))) for "203.0.113.10", "192.0.2.10";
  select(undef, undef, undef, 0.25);
}`;

/** Prints "WHO PLACE ADDRESS:PORT" of two hosts at both, as soon as all are heard. */
const HEAR = `use Socket; my %seen; my %at;
for my $place ("203.0.113.10", "192.0.2.10") {
  socket($at{$place}, PF_INET, SOCK_DGRAM, 17); bind($at{$place}, pack_sockaddr_in(6001, inet_aton($place))) or die $!;
}
sub done { print map "$_\\n", sort keys %seen; exit }
$SIG{ALRM} = \\&done; alarm 15;
while (keys %seen < 4) {
  my $bits = ""; vec($bits, fileno($_), 1) = 1 for values %at;
  select($bits, undef, undef, undef);
  for my $place (grep { vec($bits, fileno($at{$_}), 1) } keys %at) {
    my ($port, $ip) = unpack_sockaddr_in(recv($at{$place}, my $who, 99, 0));
    $seen{"$who $place " . inet_ntoa($ip) . ":$port"} = 1;
  }
}
done();`;

/** How two hosts are seen that send from the same port to the same two places. */
async function sideBySide(world: Labnet, port: number): Promise<string> {
  const perl = (machine: string, script: string, ...args: readonly string[]) =>
    world.run('exec', machine, '--', 'perl', '-e', script, ...args);
  const saying = ['alice', 'bob'].map((name) => perl(name, SAY, name, `${port}`));
  const { stdout } = await perl('server', HEAR);
  await Promise.all(saying);
  const heard = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const of = (name: string) => heard.flatMap(([who, , seen]) => (who === name ? [seen] : []));
  const [alice, bob] = [of('alice'), of('bob')];
  if (alice.length !== 2 || bob.length !== 2) return stdout;
  const words = (seen: readonly unknown[]): string => (seen[0] === seen[1] ? 'one port' : 'two ports');
  const isApart = alice.every((one) => !bob.includes(one));
  return `alice ${words(alice)}, bob ${words(bob)}, ${isApart ? 'apart' : 'the same'}`;
}

type Seen = {
  readonly verdicts: readonly Verdict[];
  /** By kind. */
  readonly traits: Readonly<Record<string, readonly string[]>>;
  readonly flows: readonly string[];
};

const failed = (args: readonly string[], { code, stdout, stderr }: Result): Error =>
  new Error(`labnet ${args.join(' ')}: ${code ?? ''} ${stdout}${stderr}`);

/** All that is seen of a lab that runs. */
async function observe(world: Labnet, say: Say = () => undefined): Promise<Seen> {
  const must: Labnet = {
    run: async (...args) => {
      const result = await world.run(...args);
      if (result.code !== 0) throw failed(args, result);
      return result;
    },
  };
  const verdicts = verdictsOf(await world.run('verify', '--json'));
  say('verified');
  const traits: Record<string, string[]> = {};
  const flows: string[] = [];
  for (const { index, mapping, filtering, beside } of KINDS) {
    const kind = `${mapping} mapping, ${filtering} filtering, ${beside.join(' ')}`;
    await must.run('nat', 'set', 'gate', ...beside, `mapping=${mapping}`, `filtering=${filtering}`);
    const { nats } = JSON.parse((await world.run('nat', 'probe', '--json')).stdout) as Probed;
    traits[kind] = nats.flatMap((one) => one.traits.map(brief));
    if (index % 3 === 0) flows.push(await sideBySide(must, 5000 + index));
    say(kind);
  }
  return { verdicts, traits, flows };
}

const tableOf = async (world: Labnet): Promise<string> =>
  (await world.run('exec', 'gate', '--', 'nft', 'list', 'table', 'ip', 'labnet')).stdout;

async function onNamespaces(file: string): Promise<Seen> {
  const world = new World();
  try {
    const up = await world.run('up', file);
    if (up.code !== 0) throw failed(['up'], up);
    return await observe(world);
  } finally {
    await world.end();
  }
}

run(`four machines: ${KINDS.length} of nine kinds of NAT, told apart as on namespaces`, async (t) => {
  const say = clocked(t);
  await using host = await VmHost.start();
  const { memory, cpus, ...libvirt } = host.settings('ifupdown');
  const folder = temporaryFolder('vm-nat');
  const file = join(folder, 'vm-nat.yaml');
  writeFileSync(file, stringify({ ...TOPOLOGY, vagrant: { box: VmHost.box, memory, cpus, libvirt } }));
  const world = new VmWorld(host, { LABNET_TEST_KEYS: 'known' });
  const [expected, made] = await Promise.all([
    onNamespaces(file),
    world.run('up', file, '--driver', 'vagrant'),
  ]);
  t.is(made.code, 0, made.stderr);
  say(made.stdout.trim());
  t.true(expected.verdicts.length > 0 && expected.verdicts.every(({ status }) => status === 'pass'));
  for (const { mapping, filtering, beside } of KINDS) {
    const seen = expected.traits[`${mapping} mapping, ${filtering} filtering, ${beside.join(' ')}`] ?? [];
    for (const protocol of ['udp', 'tcp'])
      for (const one of [
        `mapping: pass, ${mapping} for ${mapping}`,
        `filtering: pass, ${filtering} for ${filtering}`,
      ])
        t.true(seen.includes(`${protocol} ${one}`), `${one}: ${seen.join('; ')}`);
    t.true(
      seen.every((one) => one.includes(' pass, ')),
      seen.join('; '),
    );
  }
  t.deepEqual(expected.flows, [
    'alice one port, bob one port, apart',
    'alice two ports, bob two ports, apart',
    'alice two ports, bob two ports, apart',
  ]);
  t.deepEqual(await observe(world, say), expected);

  t.regex(await tableOf(world), / expires /);
  t.is((await world.run('nat', 'flush', 'gate')).code, 0);
  t.regex(await tableOf(world), /chain srcnat/);
  t.notRegex(await tableOf(world), / expires /);
  const down = await world.run('down');
  t.is(down.code, 0, down.stderr);
  t.deepEqual(await host.inventory(), { domains: [], networks: [] });
  say('flushed, and down');
});
