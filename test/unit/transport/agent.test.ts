/** The client of agents, against agents that say what a test has them say. */
import test from 'ava';
import type { Buffer } from 'node:buffer';
import { PassThrough } from 'node:stream';
import type { Probe, TestRun } from '../../../src/core/probe.js';
import { probingTime, runAgents } from '../../../src/transport/agent.js';
import type { AgentChannel } from '../../../src/transport/agent-channel.js';
import { streamChannel } from '../../../src/transport/agent-channel.js';
import type { AgentLimits } from '../../../src/transport/agent-line.js';
import { requestOf, tasksOf } from '../../../src/transport/agent-protocol.js';
import { readAgent } from '../../../src/transport/assets.js';
import { printed } from '../../helpers/topologies.js';

const LIMITS: AgentLimits = { connect: 200, prepare: 200, probe: 200, stop: 200 };

const probe = (id: number, machine: string, more: Partial<Probe> = {}): Probe => ({
  id,
  machine,
  protocol: 'icmp',
  to: '192.0.2.1',
  count: 1,
  interval: 0,
  wait: 10,
  ...more,
});

const RUN: TestRun = {
  run: 77,
  probes: [
    probe(0, 'a'),
    probe(1, 'b', { protocol: 'tcp', port: 80, talk: true }),
    probe(2, 'a', { ttl: 3 }),
  ],
  listeners: [
    { machine: 'c', protocol: 'tcp', port: 80 },
    { machine: 'b', protocol: 'udp', port: 53 },
    { machine: 'c', protocol: 'udp', port: 53 },
  ],
  captures: ['b'],
};

type Script = {
  /** By the last word it is told: what it answers; nothing is silence, `null` is its end. */
  readonly prepare?: string | null;
  readonly go?: string | null;
  readonly stop?: string | null;
  readonly said?: string;
};

/** What was said to each machine, in one order for all. */
type Told = { readonly machine: string; readonly text: string }[];

function scripted(scripts: Readonly<Record<string, Script>>, told: Told = []) {
  return (machine: string): Promise<AgentChannel> => {
    const script = scripts[machine];
    if (!script) return Promise.reject(new Error(`${machine}: connection refused`));
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    stdin.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      told.push({ machine, text });
      const word = text.trim().split('\n').at(-1) as 'prepare' | 'go' | 'stop';
      if (script.said !== undefined) stderr.write(script.said);
      const answer = script[word];
      if (answer === null) setImmediate(() => stdout.end());
      else if (answer !== undefined) stdout.write(answer);
    });
    const close = (): Promise<void> => Promise.resolve(void stdout.end());
    return Promise.resolve(streamChannel({ stdin, stdout, stderr, close }));
  };
}

const GOOD: Readonly<Record<string, Script>> = {
  a: {
    prepare: 'ready\n',
    go: 'result 0 2\nreply 0 unreachable self 0.000 ENETUNREACH -\nreply 0 answer 192.0.2.1 1.500 - 198.51.100.7\nresult 2 1\ndone\n',
    stop: 'bye\n',
  },
  b: {
    prepare: 'listener 0 in-use\nready\n',
    go: 'result 1 1\nreply 1 unreachable 192.0.2.9 3 net%20unreachable -\ndone\n',
    stop: 'captured 6 0 it%20broke%3b%2d\nready\nbye\n',
  },
  c: { prepare: 'listener 0 open\nlistener 1 failed\nready\n', go: 'done\n', stop: 'bye\n' },
};

test('only machines with a part in the run have a task', (t) => {
  t.deepEqual(
    tasksOf(RUN).map(({ machine, probes, listeners, isCapturing }) => ({
      machine,
      probes: probes.map(({ id }) => id),
      listeners,
      isCapturing,
    })),
    [
      { machine: 'b', probes: [1], listeners: [1], isCapturing: true },
      { machine: 'c', probes: [], listeners: [0, 2], isCapturing: false },
      { machine: 'a', probes: [0, 2], listeners: [], isCapturing: false },
    ],
  );
});

test('a task is said in the words that the head of the agent documents', (t) => {
  const [b, , a] = tasksOf(RUN);
  t.is(
    b && requestOf(RUN, b, 9),
    'limit 9\nrun 77\ncapture\nlisten udp 53\nprobe 1 tcp 192.0.2.1 80 1 0 10 - 1 - -\nprepare\n',
  );
  t.is(
    a && requestOf(RUN, a, 9),
    'limit 9\nrun 77\nprobe 0 icmp 192.0.2.1 - 1 0 10 - - - -\nprobe 2 icmp 192.0.2.1 - 1 0 10 3 - - -\nprepare\n',
  );
  const agent = readAgent();
  t.true(agent.endsWith('\n__END__\n'), 'requests follow on the same input');
  for (const word of ['limit', 'run', 'capture', 'listen', 'probe', 'prepare', 'go', 'stop'])
    t.regex(agent, new RegExp(`^#   +${word}\\b`, 'm'));
});

test('results, listeners and captures are in the order asked for', async (t) => {
  t.deepEqual(await runAgents(RUN, scripted(GOOD), '', LIMITS), {
    results: [
      {
        id: 0,
        sent: 2,
        replies: [
          { kind: 'unreachable', from: 'a', rtt: 0, detail: 'ENETUNREACH' },
          { kind: 'answer', from: '192.0.2.1', rtt: 1.5, seenAs: '198.51.100.7' },
        ],
      },
      {
        id: 1,
        sent: 1,
        replies: [{ kind: 'unreachable', from: '192.0.2.9', rtt: 3, detail: 'net unreachable' }],
      },
      { id: 2, sent: 1, replies: [] },
    ],
    listeners: ['open', 'in-use', 'failed'],
    captured: [{ machine: 'b', output: printed('ready\n'), complete: false, error: 'it broke;-' }],
    failures: [],
  });
});

test('nobody sends before all are prepared, and no capture ends before all have sent', async (t) => {
  const told: Told = [];
  await runAgents(RUN, scripted(GOOD, told), 'script\n', LIMITS);
  const words = told.map(({ text }) => text.trim().split('\n').at(-1));
  t.deepEqual(words, ['prepare', 'prepare', 'prepare', 'go', 'go', 'go', 'stop', 'stop', 'stop']);
  t.true(told[0]?.text.startsWith('script\nlimit '));
});

const WAYS_TO_FAIL: readonly (readonly [string, Script | undefined, RegExp])[] = [
  ['that cannot be reached', undefined, /^b: connection refused$/],
  ['that says nothing', {}, /^it was not prepared within 0\.2 s$/],
  ['that ends', { prepare: null }, /^the connection ended$/],
  [
    'that says why it ends',
    { prepare: null, said: 'warning\nsudo: a password is required\n' },
    /^sudo: a pass/,
  ],
  ['that speaks of something else', { prepare: 'Welcome to b!\n' }, /^the agent wrote: Welcome to b!$/],
  ['that could not read its task', { prepare: 'error no%20run\n' }, /^no run$/],
  ['that breaks off in its probes', { ...GOOD['b'], go: null }, /^the connection ended$/],
  [
    'that does not come to the end of its probes',
    { ...GOOD['b'], go: 'result 1 1\n' },
    /^it was not done with its p/,
  ],
];

for (const [title, script, reason] of WAYS_TO_FAIL) {
  test(`a machine ${title} is told as that, and the others' results are kept`, async (t) => {
    const { b, ...others } = GOOD;
    t.truthy(b);
    const outcome = await runAgents(RUN, scripted(script ? { ...others, b: script } : others), '', LIMITS);
    t.is(outcome.failures.length, 1);
    t.regex(outcome.failures[0]?.reason ?? '', reason);
    const detail = outcome.failures[0]?.reason ?? '';
    t.deepEqual(outcome.results[1], {
      id: 1,
      sent: 0,
      replies: [{ kind: 'unreachable', from: 'b', detail, rtt: 0 }],
    });
    t.deepEqual(outcome.listeners, ['open', 'failed', 'failed']);
    t.deepEqual(outcome.captured, [{ machine: 'b', output: printed(''), complete: false, error: detail }]);
    t.is(outcome.results[0]?.sent, 2);
  });
}

test('an agent that ends while it stops loses its capture, and not what it found before', async (t) => {
  const outcome = await runAgents(
    RUN,
    scripted({ ...GOOD, b: { ...GOOD['b'], stop: 'captured 100 1 -\nabc' } }),
    '',
    LIMITS,
  );
  t.is(outcome.results[1]?.sent, 1);
  t.is(outcome.listeners[1], 'in-use');
  t.like(outcome.captured[0], { output: printed(''), complete: false });
  t.regex(outcome.captured[0]?.error ?? '', /^it was not done with its capture/);
});

test('a machine that is reached too late is let go', async (t) => {
  let isClosed = false;
  const open = scripted(GOOD);
  const slow = async (machine: string): Promise<AgentChannel> => {
    const channel = await open(machine);
    if (machine !== 'b') return channel;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { ...channel, close: () => Promise.resolve(void (isClosed = true)) };
  };
  const { failures } = await runAgents(RUN, slow, '', LIMITS);
  t.deepEqual(failures, [{ machine: 'b', reason: 'it could not be reached within 0.2 s' }]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.true(isClosed);
});

test('the time for probes is that of one where few fit, and grows with their number', (t) => {
  const one = probe(0, 'a', { count: 4, interval: 250, wait: 750 });
  t.is(probingTime([]), 0);
  t.true(probingTime([one]) >= 1500 && probingTime([one]) < 2000);
  t.true(probingTime(new Array<Probe>(4000).fill(one)) >= 10 * 1500);
});
