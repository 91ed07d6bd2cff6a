/** Dialogues through real NATs: what is learned of them and what goes through them, by the engine and by agents. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialogue, DialogueOutcome, StepOutcome } from '../../src/core/dialogue.js';
import type { AgentChannel } from '../../src/transport/agent-channel.js';
import { converseByAgents } from '../../src/transport/dialogue/agents.js';
import { AGENT_TEXT, agentsIn } from '../helpers/agents.js';
import type { Case } from '../helpers/dialogues.js';
import {
  ALICE,
  ANNA,
  HOMES,
  WAIT,
  connections,
  ipv6,
  neighbours,
  punch,
  reflexive,
  socket,
} from '../helpers/dialogues.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import type { Sessions } from '../helpers/sessions.js';
import { bringUp } from '../helpers/sessions.js';

guardMachine(test);

function bringUpHomes(t: ExecutionContext): Promise<Sessions> {
  const file = join(temporaryFolder('dialogue'), 'homes.yaml');
  writeFileSync(file, HOMES);
  return bringUp(t, file);
}

const brief = ({ arrivals, errors, skipped = false }: StepOutcome): readonly string[] | 'skipped' =>
  skipped
    ? 'skipped'
    : [
        ...arrivals.map(({ socket: at, move, from }) => `${at} ${move} ${from.address}:${from.port}`),
        ...errors.map(({ socket: at, move, error }) => `${at} ${move} ${error}`),
      ];

/** Which of both ends saw a connection first is chance where both listen: its moves are. */
const withoutMoves = (lines: readonly string[] | 'skipped'): string[] =>
  (lines === 'skipped' ? [lines] : lines.map((line) => line.replace(/ \d /, ' '))).sort();

function checkAll(t: ExecutionContext, cases: readonly Case[], outcomes: readonly DialogueOutcome[]): void {
  t.is(outcomes.length, cases.length);
  for (const [index, { dialogue, expected }] of cases.entries()) {
    t.is(outcomes[index]?.error, undefined, dialogue.name);
    const steps = outcomes[index]?.steps.map(brief) ?? [];
    if (dialogue.name.includes('listeners'))
      t.deepEqual(steps.map(withoutMoves), expected.map(withoutMoves), dialogue.name);
    else t.deepEqual(steps, expected, dialogue.name);
  }
}

/** Other ports each time: routers remember those of before. */
const casesAt = (port: number): Case[] => [
  reflexive(port),
  connections(port + 10),
  neighbours(port + 20, false),
  neighbours(port + 21, true),
  punch('udp', port + 30),
  punch('tcp', port + 31),
  punch('tcp', port + 32, true),
  ipv6(port + 40),
];

test.serial(
  'what goes through NATs and what does not is the same for the engine and for agents',
  async (t) => {
    const { lab, engine, agents } = await bringUpHomes(t);
    const firewall = 'iptables -A INPUT -p tcp --dport $0 -m conntrack --ctstate NEW -j DROP';
    for (const [at, session] of [engine, agents].entries()) {
      const port = 4000 + 100 * at;
      await lab.exec('anna', ['sh', '-c', firewall, String(port + 20)]);
      const cases = casesAt(port);
      const started = performance.now();
      checkAll(t, cases, await session.converse(cases.map(({ dialogue }) => dialogue)));
      t.log(`${session === engine ? 'engine' : 'agents'}: ${Math.round(performance.now() - started)} ms`);
    }
  },
);

const MANY = 400;

test.serial('hundreds are held at the same time', async (t) => {
  const { engine, agents } = await bringUpHomes(t);
  for (const [at, session] of [engine, agents].entries()) {
    const cases = Array.from({ length: MANY }, (_, index) =>
      punch(index % 2 === 0 ? 'udp' : 'tcp', 5000 + at * MANY + index),
    );
    const started = performance.now();
    checkAll(t, cases, await session.converse(cases.map(({ dialogue }) => dialogue)));
    t.log(`${session === engine ? 'engine' : 'agents'}: ${Math.round(performance.now() - started)} ms`);
  }
});

const TAKE_PORT = `socket(my $s, AF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(7000, INADDR_ANY)) or die;
listen($s, 5); $| = 1; print "taken\\n"; sleep 60`;

test.serial('a port that a program has is told, and other dialogues are held', async (t) => {
  const { lab, holder, engine, agents } = await bringUpHomes(t);
  const taken = await agentsIn(lab.model, holder, ['perl', '-MSocket', '-e', TAKE_PORT])('server');
  t.teardown(() => taken.close());
  for await (const chunk of taken.output) if (chunk.includes('taken')) break;
  for (const [at, session] of [engine, agents].entries()) {
    const sound = reflexive(7100 + 10 * at);
    const [inUse, held] = await session.converse([punch('tcp', 7000).dialogue, sound.dialogue]);
    t.deepEqual(inUse, { steps: [], error: 's: tcp 7000 of server: EADDRINUSE' });
    checkAll(t, [sound], held ? [held] : []);
  }
});

test.serial(
  'where an agent cannot start or is killed its dialogues have an error, and no others',
  async (t) => {
    const { lab, holder } = await bringUpHomes(t);
    const whole = agentsIn(lab.model, holder);
    const withoutPerl = agentsIn(lab.model, holder, ['perl-that-is-not-there', '-']);
    const open = async (machine: string): Promise<AgentChannel> => {
      if (machine === 'other') return withoutPerl(machine);
      const channel = await whole(machine);
      if (machine === 'anna') setTimeout(() => channel.kill(), 1500);
      return channel;
    };
    const udp = socket('udp', 7300);
    const killed: Dialogue = {
      name: 'a machine that goes while it is waited for',
      sockets: [udp('a', 'anna'), socket('udp', 7301)('b', 'alice')],
      steps: [
        { moves: [{ do: 'send', socket: 'b', to: { address: ANNA, port: 7300 } }], wait: WAIT },
        { moves: [], wait: 3000 },
        { moves: [{ do: 'send', socket: 'b', to: { address: ANNA, port: 7300 } }], wait: WAIT },
      ],
    };
    const sound = punch('udp', 7310);
    const outcomes = await converseByAgents(
      [reflexive(7200).dialogue, killed, sound.dialogue],
      open,
      AGENT_TEXT,
    );
    t.regex(outcomes[0]?.error ?? '', /^other: .*perl-that-is-not-there/);
    t.deepEqual(outcomes[0]?.steps, []);
    t.regex(outcomes[1]?.error ?? '', /^anna: /);
    t.deepEqual(outcomes[1]?.steps.map(brief), [[`a 0 ${ALICE}:7301`], []]);
    checkAll(t, [sound], outcomes.slice(2));
  },
);

test.serial('nothing of a dialogue stays open in a machine', async (t) => {
  const { lab, engine, agents } = await bringUpHomes(t);
  for (const [at, session] of [engine, agents].entries()) {
    const { dialogue } = punch('tcp', 7400 + at, true);
    await session.converse([dialogue]);
    const sockets = await lab.exec('server', ['sh', '-c', 'cat /proc/net/tcp /proc/net/udp']);
    const port = (7400 + at).toString(16).toUpperCase();
    t.notRegex(sockets.stdout, new RegExp(`:${port} `));
  }
});
