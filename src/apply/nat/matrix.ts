/** Hole punching between two homes, for every pair of presets: which connect directly (RFC 5128 section 3.3). */
import type { Dialogue, DialogueOutcome, DialogueSocket, Move } from '../../core/dialogue.js';
import { PRESETS, STATIC_PRESET } from '../../nat/presets/index.js';
import type { TopologyData } from '../../topology/schema.js';
import { portAllocator } from '../../verify/nat/plan.js';
import { punches } from './predict.js';

export type Protocol = 'udp' | 'tcp';

export type Pairing = {
  readonly a: string;
  readonly b: string;
  readonly protocol: Protocol;
  readonly connects: boolean;
  /** What the two behaviours make one expect. */
  readonly expected: boolean;
  /** Why it could not be tried. */
  readonly error?: string;
};

export type Matrix = { readonly presets: readonly string[]; readonly pairings: readonly Pairing[] };

export const MATRIX_PRESETS: readonly string[] = Object.keys(PRESETS);

const SERVER = '203.0.113.1';

/** Two homes for each preset, A's and B's, and a rendezvous server between them. */
export function matrixTopology(presets: readonly string[], name: string): TopologyData {
  const homes = ['a', 'b'].flatMap((side, half) =>
    presets.map((preset, index) => ({
      router: `${side}-router-${preset}`,
      host: hostOf(side, preset),
      segment: `${side}-home-${preset}`,
      subnet: `10.${half}.${index}.0/24`,
      inside: `10.${half}.${index}.10`,
      outside: `203.0.113.${10 + half * 100 + index}`,
      shown: `203.0.113.${60 + half * 100 + index}`,
      preset,
    })),
  );
  return {
    name,
    segments: {
      internet: '203.0.113.0/24',
      ...Object.fromEntries(homes.map(({ segment, subnet }) => [segment, subnet])),
    },
    hosts: {
      server: { internet: SERVER },
      ...Object.fromEntries(homes.map(({ host, segment, inside }) => [host, { [segment]: inside }])),
    },
    routers: Object.fromEntries(
      homes.map(({ router, segment, outside, preset, host, shown }) => [
        router,
        {
          interfaces: { [segment]: 'auto', internet: outside },
          nat: [
            preset === STATIC_PRESET
              ? { static: host, public: shown }
              : { masquerade: segment, via: 'internet', preset },
          ],
        },
      ]),
    ),
  };
}

const hostOf = (side: string, preset: string): string => `${side}-host-${preset}`;

type Pair = Pick<Pairing, 'a' | 'b' | 'protocol'>;

export const pairsOf = (presets: readonly string[]): Pair[] =>
  (['udp', 'tcp'] as const).flatMap((protocol) =>
    presets.flatMap((a) => presets.map((b) => ({ a, b, protocol }))),
  );

const MEET = { wait: 4_000, repeat: { times: 5, interval: 500 } } as const;
/** Packets that cross are let in within milliseconds; a SYN that came too early is sent again after a second. */
const KNOCK = {
  udp: { wait: 300, repeat: { times: 6, interval: 60 }, enough: 2 },
  tcp: { wait: 1_800, repeat: { times: 6, interval: 250 }, enough: 2 },
} as const;
const ANSWER = { wait: 400, repeat: { times: 2, interval: 100 } } as const;

/** Both tell the server where they are seen; each sends to where the other is seen; who is reached answers there. */
export function punchingOf(pairs: readonly Pair[]): Dialogue[] {
  const next = portAllocator();
  return pairs.map(({ a, b, protocol }) => {
    const socket = (name: string, machine: string): DialogueSocket => ({
      name,
      machine,
      protocol,
      port: next(machine),
      ...(protocol === 'tcp' && { listen: true }),
    });
    const sockets = [socket('a', hostOf('a', a)), socket('b', hostOf('b', b)), socket('server', 'server')];
    const server = { address: SERVER, port: sockets[2]?.port ?? 0 };
    const what: Move['do'] = protocol === 'udp' ? 'send' : 'connect';
    const meet = (name: string) => ({ moves: [{ do: what, socket: name, to: server }], ...MEET });
    const knock = {
      moves: [
        { do: what, socket: 'a', to: { seenIn: 1, by: 'server' } },
        { do: what, socket: 'b', to: { seenIn: 0, by: 'server' } },
      ],
      ...KNOCK[protocol],
    };
    const answer = (name: string) => ({
      moves: [{ do: what, socket: name, to: { seenIn: 2, by: name } }],
      ...ANSWER,
    });
    const answers = protocol === 'udp' ? [answer('a'), answer('b')] : [];
    return { name: `${protocol} ${a} ${b}`, sockets, steps: [meet('a'), meet('b'), knock, ...answers] };
  });
}

/** Connected is who hears the other at both ends. */
export function matrixOf(
  presets: readonly string[],
  pairs: readonly Pair[],
  outcomes: readonly DialogueOutcome[],
): Matrix {
  return {
    presets,
    pairings: pairs.map((pair, index) => {
      const { steps = [], error } = outcomes[index] ?? { error: 'not held' };
      const heard = new Set(steps.slice(2).flatMap(({ arrivals }) => arrivals.map(({ socket }) => socket)));
      const [a, b] = [PRESETS[pair.a]?.behaviour, PRESETS[pair.b]?.behaviour];
      const isMet = steps.length > 1 && steps.slice(0, 2).every(({ arrivals }) => arrivals.length > 0);
      const trouble = error ?? (isMet ? undefined : 'the server was not reached');
      return {
        ...pair,
        connects: heard.has('a') && heard.has('b'),
        expected: a !== undefined && b !== undefined && punches(a, b),
        ...(trouble !== undefined && { error: trouble }),
      };
    }),
  };
}
