/** Hole punching between two homes, for every pair of presets: which connect directly (RFC 5128 section 3.3). */
import type { Dialogue, DialogueOutcome } from '../../core/dialogue.js';
import { PRESETS, STATIC_PRESET } from '../../nat/presets/index.js';
import type { TopologyData } from '../../topology/schema.js';
import { portAllocator } from '../../verify/nat/plan.js';
import { judgePunching, punching } from '../../verify/nat/punch.js';
import { punches } from './predict.js';

export type Protocol = 'udp' | 'tcp';

export type Pairing = {
  readonly a: string;
  readonly b: string;
  readonly protocol: Protocol;
  readonly connects: boolean;
  /** Whether the two behaviours should let it succeed. */
  readonly expected: boolean;
  /** Why it could not be tried, if so. */
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

export function punchingOf(pairs: readonly Pair[]): Dialogue[] {
  const next = portAllocator();
  return pairs.map(({ a, b, protocol }) => {
    const hosts = { a: hostOf('a', a), b: hostOf('b', b), server: 'server', address: SERVER };
    return punching({ ...hosts, protocol }, next, `${protocol} ${a} ${b}`);
  });
}

export function matrixOf(
  presets: readonly string[],
  pairs: readonly Pair[],
  outcomes: readonly DialogueOutcome[],
): Matrix {
  return {
    presets,
    pairings: pairs.map((pair, index) => {
      const { connects, trouble } = judgePunching(outcomes[index]);
      const [a, b] = [PRESETS[pair.a]?.behaviour, PRESETS[pair.b]?.behaviour];
      return {
        ...pair,
        connects,
        expected: a !== undefined && b !== undefined && punches(a, b),
        ...(trouble !== undefined && { error: trouble }),
      };
    }),
  };
}
