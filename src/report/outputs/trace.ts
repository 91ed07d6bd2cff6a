/** The schema of what `labnet trace --json` prints. */
import * as z from 'zod';
import { CAUSE_KINDS } from '../../apply/trace/result.js';

const filePlace = z.object({ file: z.string(), line: z.int() }).describe('of the topology');
const tracedAt = z.object({
  interface: z.string().describe('as the machine calls it'),
  segment: z.string().optional(),
  tunnel: z
    .string()
    .optional()
    .describe('of an interface that the topology does not have: such as vxlan to 203.0.113.2, or tun'),
  packet: z.object({
    source: z.string(),
    destination: z.string(),
    sourcePort: z.int().optional(),
    destinationPort: z.int().optional(),
    ttl: z.int().describe('hop limit'),
    length: z.int().describe('bytes of the IP packet'),
  }),
});
const tracedRule = z.object({
  text: z.string().describe('as iptables-save writes it, or nft'),
  table: z.string().describe('family and table, such as ip nat'),
  chain: z.string(),
  verdict: z.string().describe('accept, drop, jump CHAIN, continue'),
  own: z.boolean().describe('whether labnet made it'),
  at: filePlace.optional(),
});
const traceLeg = z.object({
  hops: z.array(
    z.object({
      machine: z.string(),
      in: tracedAt.optional(),
      out: tracedAt.optional(),
      translations: z.array(
        z.object({
          field: z.enum(['source', 'destination']),
          before: z.string().describe('with the port of tcp and udp'),
          after: z.string(),
          rule: tracedRule.optional().describe('left out where connection tracking does as it began'),
        }),
      ),
      rules: z.array(tracedRule).describe('every rule that it matched, in their order'),
    }),
  ),
  arrived: z.boolean().describe('whether the machine at the end was given it'),
});

export const traceOutput = z.object({
  lab: z.string(),
  from: z.string(),
  to: z.string().describe('as it was asked for'),
  protocol: z.enum(['icmp', 'tcp', 'udp']),
  address: z.string().describe('what it was sent to'),
  port: z.int().optional(),
  answered: z.boolean(),
  answer: z
    .object({
      kind: z.enum(['answer', 'refused']).describe('refused: by the destination, where nobody listens'),
      text: z.string(),
      rtt: z.number().describe('milliseconds'),
    })
    .optional(),
  there: traceLeg,
  back: traceLeg.describe('of the answer, or of the ICMP error in its place'),
  errors: z.array(z.string()).describe('ICMP errors, each with who said it'),
  cause: z
    .object({
      kind: z.enum(CAUSE_KINDS),
      leg: z.enum(['there', 'back']),
      machine: z.string(),
      text: z.string(),
      evidence: z.array(z.string()),
      fix: z.string().optional(),
      at: filePlace.optional(),
    })
    .optional()
    .describe('why there is no answer, or only one to small packets'),
  unexpected: z.array(z.string()).describe('what the topology leads to expect otherwise'),
  mtu: z
    .object({ sent: z.int(), bytes: z.int().optional(), limitedBy: z.string().optional() })
    .optional()
    .describe('of a packet as large as the first link takes: bytes pass, as the machine limitedBy says'),
  file: z.string().optional().describe('with --out: the picture'),
  notes: z.array(z.string()).describe('what could not be looked at'),
});
