/** Dialogues by agents, against agents that say what a test has them say. */
import test from 'ava';
import { Buffer } from 'node:buffer';
import { PassThrough } from 'node:stream';
import type { Dialogue } from '../../../../src/core/dialogue.js';
import type { AgentChannel } from '../../../../src/transport/agent-channel.js';
import { streamChannel } from '../../../../src/transport/agent-channel.js';
import type { AgentLimits } from '../../../../src/transport/agent-line.js';
import { AgentReader, ProtocolError } from '../../../../src/transport/agent-protocol.js';
import { readAgent } from '../../../../src/transport/assets.js';
import { converseByAgents, orderLine } from '../../../../src/transport/dialogue/agents.js';
import type { Manner } from '../../../../src/transport/dialogue/converse.js';
import type { StageSocket } from '../../../../src/transport/dialogue/stage.js';

const LIMITS: AgentLimits = { connect: 200, prepare: 200, probe: 200, stop: 200 };
const MANNER: Manner = { room: { machine: 100, total: 100 }, patience: 1 };

const SOCKET: StageSocket = {
  id: 7,
  dialogue: 3,
  machine: 'a',
  protocol: 'tcp',
  family: 4,
  address: undefined,
  port: 80,
  listen: true,
};

test('orders are said in the words that the head of the agent documents', (t) => {
  const to = { address: '192.0.2.1', port: 9 };
  const said = [
    orderLine(SOCKET, { do: 'open' }),
    orderLine({ ...SOCKET, family: 6, address: '2001:db8::1', listen: false }, { do: 'open' }),
    orderLine(SOCKET, { do: 'send', to, tag: 5 }),
    orderLine(SOCKET, { do: 'connect', to, tag: 256 }),
    orderLine(SOCKET, { do: 'cancel', tag: 256 }),
    orderLine(SOCKET, { do: 'close' }),
  ];
  t.deepEqual(said, [
    'open 7 3 tcp 4 - 80 1',
    'open 7 3 tcp 6 2001:db8::1 80 -',
    'send 7 192.0.2.1 9 5',
    'connect 7 192.0.2.1 9 256',
    'cancel 7 256',
    'close 7',
  ]);
  for (const line of [...said, 'settle']) {
    const [word = ''] = line.split(' ');
    t.regex(readAgent(), new RegExp(`^#     ${word}\\b`, 'm'));
  }
});

test('what agents say of dialogues is read, and nothing else', (t) => {
  const read = (line: string): unknown[] => [...new AgentReader('a').read(Buffer.from(`${line}\n`))];
  t.deepEqual(read('did -'), [{ kind: 'did' }]);
  t.deepEqual(read('did EADDRINUSE'), [{ kind: 'did', error: 'EADDRINUSE' }]);
  const from = { address: '192.0.2.1', port: 9 };
  t.deepEqual(read('arrived 7 192.0.2.1 9 - 256'), [{ kind: 'arrived', socket: 7, from, other: 256 }]);
  t.deepEqual(read('arrived 7 192.0.2.1 9 0 -'), [{ kind: 'arrived', socket: 7, from, own: 0 }]);
  t.deepEqual(read('failed 7 0 ECONNREFUSED'), [
    { kind: 'failed', socket: 7, own: 0, error: 'ECONNREFUSED' },
  ]);
  for (const line of ['arrived 7', 'arrived x 192.0.2.1 9 - -', 'failed 7 - ECONNREFUSED'])
    t.throws(() => read(line), { instanceOf: ProtocolError }, line);
});

type Answers = (line: string) => string | null;

/** @param answers to each order; `null` is the agent's end */
function scripted(answers: Readonly<Record<string, Answers>>) {
  return (machine: string): Promise<AgentChannel> => {
    const answer = answers[machine];
    if (!answer) return Promise.reject(new Error('connection refused'));
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    stdin.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trim().split('\n')) {
        const said = line === 'converse' ? 'ready\n' : /^(limit|run) \d+$/.test(line) ? '' : answer(line);
        if (said === null) setImmediate(() => stdout.end());
        else stdout.write(said);
      }
    });
    const close = (): Promise<void> => Promise.resolve(void stdout.end());
    return Promise.resolve(streamChannel({ stdin, stdout, stderr, close }));
  };
}

const between = (from: string, to: string, port: number): Dialogue => ({
  name: `${from} to ${to}`,
  sockets: [
    { name: 'from', machine: from, protocol: 'udp', port },
    { name: 'to', machine: to, protocol: 'udp', port },
  ],
  steps: [{ moves: [{ do: 'send', socket: 'from', to: { address: '192.0.2.2', port } }], wait: 100 }],
});

const obedient: Answers = () => 'did -\n';

test('an arrival that was told before its machine had settled is in time', async (t) => {
  const b: Answers = (line) => (line === 'settle' ? 'arrived 1 192.0.2.1 9 - 0\ndid -\n' : 'did -\n');
  const outcomes = await converseByAgents(
    [between('a', 'b', 9)],
    scripted({ a: obedient, b }),
    '',
    LIMITS,
    MANNER,
  );
  const arrival = { socket: 'to', from: { address: '192.0.2.1', port: 9 }, move: 0 };
  t.deepEqual(outcomes, [{ steps: [{ arrivals: [arrival], errors: [] }] }]);
});

const WAYS_TO_FAIL: readonly (readonly [string, Answers | undefined, RegExp])[] = [
  ['that cannot be reached', undefined, /^b: connection refused$/],
  ['that says nothing', () => '', /^b: it did not answer within 0\.2 s$/],
  ['that ends', () => null, /^b: the connection ended$/],
  [
    'that ends while it is waited for',
    (line) => (line === 'settle' ? null : 'did -\n'),
    /^b: the connection ended$/,
  ],
  ['that speaks of something else', () => 'Welcome to b!\n', /^b: the agent wrote: Welcome to b!$/],
  ['that speaks of probes', () => 'result 0 0\n', /^b: it spoke of probes: result$/],
  ['that could not read an order', () => 'error not%20an%20order\n', /^b: not an order$/],
];

for (const [title, b, reason] of WAYS_TO_FAIL) {
  test(`a machine ${title} is told as that, and dialogues of others are held`, async (t) => {
    const [broken, sound] = await converseByAgents(
      [between('a', 'b', 9), between('a', 'c', 10)],
      scripted({ a: obedient, c: obedient, ...(b && { b }) }),
      '',
      LIMITS,
      MANNER,
    );
    t.regex(broken?.error ?? '', reason);
    t.deepEqual(sound, { steps: [{ arrivals: [], errors: [] }] });
  });
}
