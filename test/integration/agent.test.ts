/** What agents answer of what they are asked is what the engine answers, and what becomes of those that cannot. */
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listener, Probe, TestOutcome, TestRun } from '../../src/core/probe.js';
import type { Lab } from '../../src/index.js';
import { runAgents } from '../../src/transport/agent.js';
import type { TestChannel } from '../helpers/agents.js';
import { AGENT_TEXT, agentsIn } from '../helpers/agents.js';
import { guardMachine } from '../helpers/machine.js';
import { bringUpExample } from '../helpers/sessions.js';

guardMachine(test);

const ask = (one: Partial<Probe> & Pick<Probe, 'protocol' | 'to'>, id: number): Probe => ({
  machine: 'source',
  count: 2,
  interval: 100,
  wait: 300,
  ...one,
  id,
});

const LISTENERS: readonly Listener[] = [
  { machine: 'sink', protocol: 'tcp', port: 80 },
  { machine: 'sink', protocol: 'udp', port: 53 },
  { machine: 'sink', protocol: 'tcp', port: 8080 },
];

const TAKE_PORT = `socket(my $s, AF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(8080, INADDR_ANY)) or die;
listen($s, 5); $| = 1; print "taken\\n"; sleep 60`;

/** In the program's own view of the file system. */
const HIDE_TCPDUMP = 'mount --bind /dev/null "$(command -v tcpdump)" && exec perl -';

const SINK = { 4: '10.0.5.2', 6: '2001:db8:5::2' } as const;

/** Every way a probe can end, in both families. */
const PROBES: readonly Probe[] = [4, 6]
  .flatMap((family): (Partial<Probe> & Pick<Probe, 'protocol' | 'to'>)[] => {
    const to = family === 4 ? SINK[4] : SINK[6];
    const nowhere = family === 4 ? '10.0.5.77' : '2001:db8:5::77';
    const beyond = family === 4 ? '10.9.9.9' : '2001:db8:99::9';
    const refused = family === 4 ? '10.0.1.2' : '2001:db8:1::2';
    return [
      { protocol: 'icmp', to },
      { protocol: 'icmp', to, ttl: 1 },
      { protocol: 'icmp', to, ttl: 3 },
      { protocol: 'icmp', to: beyond },
      { protocol: 'icmp', to: nowhere, wait: 4000 },
      { protocol: 'udp', to, port: 53 },
      { protocol: 'udp', to, port: 54 },
      { protocol: 'udp', to, port: 53, ttl: 2 },
      { protocol: 'udp', to: beyond, port: 53 },
      { protocol: 'tcp', to, port: 80, count: 1, wait: 3000, talk: true },
      { protocol: 'tcp', to, port: 80, count: 1, wait: 3000 },
      { protocol: 'tcp', to, port: 81, count: 1, wait: 1000 },
      { protocol: 'icmp', to: refused },
    ];
  })
  .map(ask);

const FOR_PROBES =
  'ip route add prohibit 10.0.1.2; ip -6 route add prohibit 2001:db8:1::2;' +
  'ip route add unreachable 10.9.9.9; ip -6 route add blackhole 2001:db8:99::9';

const RUN: TestRun = { run: 0xfedcba98, probes: PROBES, listeners: LISTENERS, captures: ['sink', 'r3'] };

const results = ({ results: all, listeners }: TestOutcome): unknown => ({
  listeners,
  results: all.map(({ id, sent, replies }) => ({
    probe: PROBES[id],
    sent,
    replies: replies.map(({ rtt, ...rest }) => ({ ...rest, isTimed: rtt >= 0 })),
  })),
});

test.serial('each way a probe can end is told in the same words', async (t) => {
  const { lab, holder, engine, agents } = await bringUpExample(t, 'router-chain');
  const planted = await lab.exec('source', ['sh', '-c', FOR_PROBES]);
  t.is(planted.exitCode, 0, planted.stderr);
  const taker = agentsIn(lab.model, holder, ['perl', '-MSocket', '-e', TAKE_PORT]);
  const taken = await taker('sink');
  t.teardown(() => taken.close());
  for await (const chunk of taken.output) if (chunk.includes('taken')) break;
  // The first run is for neighbours, which have to be found; what is compared has them.
  await engine.test(RUN);
  const theirs = await engine.test(RUN);
  const ours = await agents.test(RUN);
  t.deepEqual(results(ours), results(theirs));
  t.deepEqual(ours.listeners, ['open', 'open', 'in-use']);
  t.deepEqual(
    ours.captured.map(({ machine, complete }) => [machine, complete]),
    theirs.captured.map(({ machine, complete }) => [machine, complete]),
  );
});

const SILENT = `perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 5, LocalPort => 81) or die $!; close STDOUT; sleep 600'`;

test.serial('a server that accepts and says nothing has answered, to both', async (t) => {
  const { lab, engine, agents } = await bringUpExample(t, 'virtual-wan');
  // Its output ends when it listens.
  const listening = await lab.exec('peerA', ['sh', '-c', `{ ${SILENT} & } | cat`]);
  t.is(listening.exitCode, 0, listening.stderr);
  const more = { protocol: 'tcp', to: '192.168.10.101', port: 81, count: 1, wait: 700, talk: true } as const;
  const probe: Probe = { ...ask(more, 0), machine: 'proxyA' };
  for (const session of [engine, agents]) {
    const { results: found } = await session.test({ run: 2, probes: [probe], listeners: [], captures: [] });
    t.like(found[0], { sent: 1, replies: { length: 1, 0: { kind: 'answer', from: '192.168.10.101' } } });
  }
});

test.serial('a connection to where no route leads is unreachable, and no answer', async (t) => {
  const { agents } = await bringUpExample(t, 'virtual-wan');
  const probe: Probe = {
    ...ask({ protocol: 'tcp', to: '10.9.9.9', port: 80, count: 1 }, 0),
    machine: 'router',
  };
  const { results: found } = await agents.test({ run: 1, probes: [probe], listeners: [], captures: [] });
  t.like(found[0], {
    sent: 1,
    replies: { length: 1, 0: { kind: 'unreachable', from: 'router', detail: 'ENETUNREACH' } },
  });
});

test.serial('thousands of probes fit into the files select(2) can wait for', async (t) => {
  const { agents } = await bringUpExample(t, 'router-chain');
  const one = (id: number): Probe =>
    ask(
      id % 3 === 0
        ? { protocol: 'icmp', to: SINK[id % 2 === 0 ? 4 : 6] }
        : id % 3 === 1
          ? { protocol: 'tcp', to: SINK[4], port: 80, count: 1, wait: 5000, talk: true }
          : { protocol: 'udp', to: SINK[6], port: 53, count: 4, interval: 250 },
      id,
    );
  const probes = Array.from({ length: 3000 }, (_, id) => one(id));
  const started = performance.now();
  const outcome = await agents.test({ ...RUN, probes });
  t.log(`3000 probes in ${Math.round(performance.now() - started)} ms`);
  const silent = outcome.results.filter(({ replies }) => replies.every(({ kind }) => kind !== 'answer'));
  t.deepEqual(silent, []);
  const seen = new Set(
    outcome.results.flatMap(({ replies }) => replies.flatMap((reply) => reply.seenAs ?? [])),
  );
  t.deepEqual([...seen].sort(), ['10.0.0.2', '2001:db8::2']);
});

test.serial('where one machine cannot take part, the others do', async (t) => {
  const { lab, holder } = await bringUpExample(t, 'virtual-wan');
  const whole = agentsIn(lab.model, holder);
  const withoutPerl = agentsIn(lab.model, holder, ['perl-that-is-not-there', '-']);
  const withoutTcpdump = agentsIn(lab.model, holder, ['sh', '-c', HIDE_TCPDUMP]);
  const to = '100.100.100.200';
  const probes = ['proxyA', 'peerB'].map((machine, id) => ({
    ...ask({ protocol: 'icmp', to }, id),
    machine,
  }));
  const outcome = await runAgents(
    {
      run: 2,
      probes,
      listeners: [{ machine: 'peerB', protocol: 'tcp', port: 80 }],
      captures: ['router', 'proxyB'],
    },
    (machine) => (machine === 'peerB' ? withoutPerl : machine === 'router' ? withoutTcpdump : whole)(machine),
    AGENT_TEXT,
  );
  t.is(outcome.results[0]?.replies[0]?.kind, 'answer');
  t.like(outcome.results[1], { sent: 0, replies: { 0: { kind: 'unreachable', from: 'peerB' } } });
  t.deepEqual(outcome.listeners, ['failed']);
  t.like(outcome.captured[0], { machine: 'router', complete: false, error: 'tcpdump is not installed' });
  t.like(outcome.captured[1], { machine: 'proxyB', complete: true });
  t.deepEqual(
    outcome.failures.map(({ machine }) => machine),
    ['peerB'],
  );
  t.regex(outcome.failures[0]?.reason ?? '', /perl-that-is-not-there.*No such file/);
});

/** The ways an agent is left alone: its input ends, it is killed, its time is up. */
const LEFT: readonly (readonly [how: string, limit: number, leave: (agent: TestChannel) => void])[] = [
  ['its input ends', 60, (agent) => agent.end()],
  ['it is killed', 60, (agent) => agent.kill()],
  ['its time is up', 1, () => undefined],
];

for (const [how, limit, leave] of LEFT) {
  test.serial(`nothing stays in a machine when ${how}`, async (t) => {
    const { lab, holder } = await bringUpExample(t, 'virtual-wan');
    const agent = await agentsIn(lab.model, holder)('proxyA');
    t.teardown(() => agent.close());
    agent.write(`${AGENT_TEXT}limit ${limit}\nrun 1\ncapture\nlisten tcp 80\nprepare\n`);
    for await (const chunk of agent.output) {
      if (!chunk.includes('ready')) continue;
      t.regex(await programs(lab), /tcpdump/);
      leave(agent);
      break;
    }
    const until = performance.now() + 5000;
    while (/tcpdump|perl|labnet-agent/.test(await programs(lab)) && performance.now() < until)
      await sleep(20);
    t.notRegex(await programs(lab), /tcpdump|perl|labnet-agent/);
  });
}

/** What runs in the lab: its machines share their processes. */
const programs = async (lab: Lab): Promise<string> =>
  (await lab.exec('proxyB', ['sh', '-c', 'cat /proc/[0-9]*/comm'])).stdout;
