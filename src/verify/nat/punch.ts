/** Hole punching between two hosts with the help of a server, as a dialogue, and its result (RFC 5128 section 3.3). */
import type { Dialogue, DialogueOutcome, DialogueSocket, DialogueStep, Move } from '../../core/dialogue.js';
import type { NextPort } from './talks.js';

const MEET = { wait: 4_000, repeat: { times: 5, interval: 500 } } as const;
/** Enough time for a SYN that came too early, which is sent again after a second. */
const KNOCK = {
  udp: { wait: 300, repeat: { times: 6, interval: 60 }, enough: 2 },
  tcp: { wait: 1_800, repeat: { times: 6, interval: 250 }, enough: 2 },
} as const;
const ANSWER = { wait: 400, repeat: { times: 2, interval: 100 } } as const;

export type Punching = {
  readonly a: string;
  readonly b: string;
  readonly server: string;
  readonly protocol: 'udp' | 'tcp';
  /** The server's address for a, and for b if it differs. */
  readonly address: string;
  readonly addressForB?: string;
};

/** Both send to the server, which sees their endpoints; each sends to the other's endpoint; whoever is reached answers. */
export function punching(
  { a, b, server, protocol, address, addressForB = address }: Punching,
  next: NextPort,
  name = `${protocol} ${a} ${b}`,
): Dialogue {
  const socket = (own: string, machine: string): DialogueSocket => ({
    name: own,
    machine,
    protocol,
    port: next(machine),
    ...(protocol === 'tcp' && { listen: true }),
  });
  const sockets = [socket('a', a), socket('b', b), socket('server', server)];
  const port = sockets[2]?.port ?? 0;
  const what: Move['do'] = protocol === 'udp' ? 'send' : 'connect';
  const meet = (own: string, at: string): DialogueStep => ({
    moves: [{ do: what, socket: own, to: { address: at, port } }],
    ...MEET,
  });
  const knock: DialogueStep = {
    moves: [
      { do: what, socket: 'a', to: { seenIn: 1, by: 'server' } },
      { do: what, socket: 'b', to: { seenIn: 0, by: 'server' } },
    ],
    ...KNOCK[protocol],
  };
  const answer = (own: string): DialogueStep => ({
    moves: [{ do: what, socket: own, to: { seenIn: 2, by: own } }],
    ...ANSWER,
  });
  const answers = protocol === 'udp' ? [answer('a'), answer('b')] : [];
  return { name, sockets, steps: [meet('a', address), meet('b', addressForB), knock, ...answers] };
}

/** Connected means that both hear each other. `trouble`: why it could not be tried. */
export function judgePunching(outcome: DialogueOutcome | undefined): {
  readonly connects: boolean;
  readonly trouble?: string;
} {
  const { steps, error }: DialogueOutcome = outcome ?? { steps: [], error: 'not held' };
  const heard = new Set(steps.slice(2).flatMap(({ arrivals }) => arrivals.map(({ socket }) => socket)));
  const isMet = steps.length > 1 && steps.slice(0, 2).every(({ arrivals }) => arrivals.length > 0);
  const trouble = error ?? (isMet ? undefined : 'the server was not reached');
  return { connects: heard.has('a') && heard.has('b'), ...(trouble !== undefined && { trouble }) };
}
