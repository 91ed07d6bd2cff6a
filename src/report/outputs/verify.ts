/** What is printed of checks, of a mesh of pings, and of a bundle that is run again. */
import * as z from 'zod';
import { diagnostic, milliseconds, reportFolder } from './shapes.js';

const verdict = z.object({
  id: z.string().describe('stable for a lab: published/proxyA'),
  kind: z.string().describe('docs/checks.md lists them'),
  status: z.enum(['pass', 'fail', 'error']).describe('error: it could not be judged'),
  expectation: z.string(),
  observed: z.string(),
  cause: z.string().optional().describe('the likeliest cause of a failure'),
  evidence: z.array(z.string()),
  line: z.int().optional().describe('of the topology'),
});

export const VERIFY_OUTPUTS = {
  verify: z.object({
    lab: z.string(),
    duration: milliseconds,
    passed: z.int(),
    failed: z.int(),
    verdicts: z.array(verdict),
    report: reportFolder,
    bundle: z.string().optional().describe('with --bundle: the file it was written to'),
  }),
  mesh: z.object({
    lab: z.string(),
    hosts: z.int(),
    pairs: z.int().describe('ordered pairs of hosts with a way between them'),
    answered: z.int(),
    apart: z.int().describe('pairs with no way, by the topology, which are not asked'),
    sent: z.int().describe('packets'),
    again: z.int().describe('pairs that were asked more than once'),
    duplicates: z.int().describe('answers to what was answered already'),
    lost: z.int(),
    lostPairs: z
      .array(z.object({ from: z.string(), to: z.string(), address: z.string() }))
      .describe('the first of them'),
    duration: milliseconds,
    report: reportFolder,
  }),
  replay: z.object({
    lab: z.string(),
    created: z.iso.datetime().describe('when the bundle was made'),
    equal: z.boolean().describe('every check has the verdict that it had'),
    parts: z.array(
      z.object({
        part: z.enum(['verdicts', 'topology', 'rules', 'live rules', 'settings', 'addresses', 'versions']),
        same: z.int().describe('how many things of it are the same'),
        differs: z.array(z.object({ what: z.string(), before: z.string(), now: z.string() })),
      }),
    ),
    warnings: z.array(diagnostic),
    stateDir: z.string().optional().describe('with --keep: where the lab is recorded'),
  }),
} as const;
