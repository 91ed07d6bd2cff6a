/** What is printed of NATs. */
import * as z from 'zod';
import { DEPENDENCES, POOLINGS, PORTS, TIMEOUTS } from '../../core/nat-words.js';

const dependence = z.enum(DEPENDENCES);
const preset = z.object({
  about: z.string(),
  source: z.string(),
  behaviour: z.object({
    mapping: dependence,
    filtering: dependence,
    hairpin: z.boolean(),
    ports: z.enum(PORTS),
    seed: z.int().optional(),
    blockSize: z.int(),
    pooling: z.enum(POOLINGS),
    timeouts: z.record(z.enum(TIMEOUTS), z.int().describe('seconds')),
    icmpErrors: z.boolean(),
  }),
});
const trait = z.object({
  trait: z.string().describe('such as udp mapping'),
  declared: z.string(),
  observed: z.array(z.string()).describe('what fits; several where it cannot be told apart'),
  status: z.enum(['pass', 'fail', 'error']),
  shows: z.string().describe('what was seen'),
});
const pairing = z.object({
  a: z.string(),
  b: z.string(),
  protocol: z.enum(['udp', 'tcp']),
  connects: z.boolean(),
  expected: z.boolean().describe('by the behaviour of both'),
  error: z.string().optional(),
});

export const NAT_OUTPUTS = {
  'nat-list': z.object({ presets: z.record(z.string(), preset) }),
  'nat-probe': z.object({
    lab: z.string(),
    nats: z.array(
      z.object({ router: z.string(), line: z.int(), preset: z.string(), traits: z.array(trait) }),
    ),
  }),
  'nat-matrix': z.object({ presets: z.array(z.string()), pairings: z.array(pairing) }),
  'nat-set': z.object({ lab: z.string(), router: z.string(), settings: z.array(z.string()) }),
  'nat-flush': z.object({ lab: z.string(), router: z.string() }),
} as const;
