/** Labs with a planted fault: verify has to fail, and name the likeliest cause. */
import test from 'ava';
import { Lab } from '../../src/index.js';
import type { Report, Verdict } from '../../src/index.js';
import { driverNamed } from '../../src/drivers/registry.js';
import { Records } from '../../src/state/record.js';
import type { Session } from '../../src/transport/session.js';
import { verifyLab } from '../../src/verify/run.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { example, examplePath } from '../helpers/topologies.js';

guardMachine(test);

type Fault = {
  readonly title: string;
  readonly lab: string;
  readonly machine: string;
  /** Shell, run in the machine. */
  readonly plant: string;
  readonly fails: string;
  readonly cause: RegExp;
};

const FAULTS: readonly Fault[] = [
  {
    title: 'a DNAT rule that is gone',
    lab: 'virtual-wan',
    machine: 'router',
    plant: 'iptables -t nat -D LABNET-DNAT 2',
    fails: 'published/proxyB',
    cause: /no rule hit at router: 100\.100\.100\.200 is not translated/,
  },
  {
    title: 'an SNAT rule that is gone',
    lab: 'virtual-wan',
    machine: 'router',
    plant: 'iptables -t nat -D LABNET-SNAT 1',
    fails: 'seen-as/proxyA',
    cause: /wrong source: 192\.168\.10\.100 instead of 100\.100\.100\.100/,
  },
  {
    title: 'no isolation',
    lab: 'virtual-wan',
    machine: 'router',
    plant: 'iptables -F LABNET-FORWARD',
    fails: 'isolated/intnetB',
    cause: /not filtered/,
  },
  {
    title: 'a filter in the way',
    lab: 'router-chain',
    machine: 'r3',
    plant: 'iptables -A FORWARD -p icmp -j DROP',
    fails: 'reach/right',
    cause: /filtered at r3/,
  },
  {
    title: 'no default route at a host',
    lab: 'virtual-wan',
    machine: 'proxyA',
    plant: 'ip route del default',
    fails: 'published/proxyB',
    cause: /no route at proxyA to 100\.100\.100\.200/,
  },
  {
    title: 'a missing route at a router',
    lab: 'router-chain',
    machine: 'r3',
    plant: 'ip route del 10.0.5.0/24',
    fails: 'reach/right',
    cause: /no route at r3 to 10\.0\.5\.2/,
  },
  {
    title: 'a missing route back',
    lab: 'router-chain',
    machine: 'sink',
    plant: 'ip route del default',
    fails: 'reach/right',
    cause: /no route back from sink to 10\.0\.0\.2/,
  },
  {
    title: 'forwarding switched off',
    lab: 'router-chain',
    machine: 'r2',
    plant: 'sysctl -qw net.ipv4.ip_forward=0',
    fails: 'reach/right',
    cause: /lost behind r2|at r2/,
  },
  {
    title: 'a host that filters',
    lab: 'virtual-wan',
    machine: 'proxyB',
    plant: 'iptables -A INPUT -p icmp -j DROP',
    fails: 'published/proxyB',
    cause: /arrives at proxyB, which does not answer|filtered at proxyB/,
  },
  {
    title: 'a masquerade that is gone',
    lab: 'two-homes',
    machine: 'router-a',
    plant: 'nft flush chain ip labnet new1',
    fails: 'seen-as/router-a',
    cause: /wrong source: 192\.168\.1\.10 instead of 203\.0\.113\.1/,
  },
  {
    title: 'a port forward that is gone',
    lab: 'dmz',
    machine: 'firewall',
    plant: 'iptables -t nat -F LABNET-DNAT',
    fails: 'forward/firewall:tcp/443',
    cause: /no rule hit at firewall|filtered at firewall/,
  },
  {
    title: 'a gateway that is down',
    lab: 'virtual-wan',
    machine: 'router',
    plant: 'ip link set eth0 down',
    fails: 'gateway/proxyA',
    cause: /proxyA|router/,
  },
];

const verdictOf = ({ verdicts }: Report, id: string): Verdict | undefined =>
  verdicts.find((one) => one.id === id);

for (const { title, lab: name, machine, plant, fails, cause } of FAULTS) {
  test(title, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    const lab = await Lab.up(examplePath(name), { stateDir: world.stateDir });
    t.teardown(() => lab.down());
    const planted = await lab.exec(machine, ['sh', '-c', plant]);
    t.is(planted.exitCode, 0, planted.stderr);
    const report = await lab.verify();
    const verdict = verdictOf(report, fails);
    t.is(verdict?.status, 'fail', fails);
    t.regex(verdict?.cause ?? '', cause, `evidence:\n${verdict?.evidence.join('\n') ?? ''}`);
    t.true((verdict?.evidence.length ?? 0) > 0);
  });
}

test('what a NAT remembers of an earlier run says nothing about this one', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const lab = await Lab.up(examplePath('virtual-wan'), { stateDir: world.stateDir });
  t.teardown(() => lab.down());
  t.is((await lab.verify()).failed, 0);
  const other =
    'iptables -t nat -R LABNET-SNAT 1 -s 192.168.10.100 -m conntrack --ctstate DNAT -j SNAT --to 100.100.100.99';
  t.is((await lab.exec('router', ['sh', '-c', other])).exitCode, 0);
  // The connections of the first run are remembered for another half minute (net.netfilter.nf_conntrack_icmp_timeout).
  const { stdout } = await lab.exec('router', ['cat', '/proc/sys/net/netfilter/nf_conntrack_count']);
  t.true(Number(stdout) > 0);
  const verdict = verdictOf(await lab.verify(), 'seen-as/proxyA');
  t.is(verdict?.status, 'fail');
  t.regex(verdict?.cause ?? '', /wrong source: 100\.100\.100\.99 instead of 100\.100\.100\.100/);
});

test('what is answered when it is sent again is not said to be lost on its way', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const up = await Lab.up(examplePath('virtual-wan'), { stateDir: world.stateDir });
  t.teardown(() => up.down());
  const lab = example('virtual-wan');
  const record = new Records(world.stateDir).read(lab.name);
  const session = await (await driverNamed('netns')).connect(lab, record?.runtime);
  let asked = 0;
  // As on a computer that had too much to do the first time.
  const test: Session['test'] = async (run) => {
    const outcome = await session.test(run);
    const late = outcome.results.map((result) => ({ ...result, replies: [] }));
    return asked++ === 0 ? { ...outcome, results: late } : outcome;
  };
  const report = await verifyLab(lab, { ...session, test }, { kinds: ['gateway'] });
  await session.close();
  t.deepEqual([report.passed, report.failed > 0], [0, true]);
  for (const { cause } of report.verdicts) t.regex(cause ?? '', /^answered when sent again/);
});

test('a tcpdump that cannot run is no proof: the check is an error, not a pass', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const lab = await Lab.up(examplePath('virtual-wan'), { stateDir: world.stateDir });
  t.teardown(() => lab.down());
  // Without its loopback the machine cannot send the packet that shows the capture to be complete.
  await lab.exec('proxyB', ['ip', 'link', 'set', 'lo', 'down']);
  const report = await lab.verify();
  t.like(verdictOf(report, 'isolated/intnetB'), { status: 'error' });
  t.is(verdictOf(report, 'isolated/intnetA')?.status, 'pass');
});
