/** What is printed of a lab that is brought up, changed, looked at and taken down. */
import * as z from 'zod';
import { diagnostic, linkLine, milliseconds, observed, planned, summary } from './shapes.js';

const rule = z.object({ rule: z.string(), packets: z.int(), bytes: z.int() });

export const LAB_OUTPUTS = {
  up: z.object({
    lab: z.string(),
    created: z.boolean().describe('false where it ran already'),
    changes: z.array(planned).describe('what was done to one that ran'),
    hosts: z.int(),
    routers: z.int(),
    segments: z.int(),
    duration: milliseconds,
    warnings: z.array(diagnostic),
  }),
  plan: z.object({
    lab: z.string(),
    driver: z.string(),
    running: z.boolean(),
    observed,
    changes: z.array(planned),
    warnings: z.array(diagnostic),
  }),
  drift: z.object({ lab: summary, observed, changes: z.array(planned) }),
  down: z.object({ labs: z.array(z.string()), duration: milliseconds }),
  list: z.object({ labs: z.array(summary), newer: z.array(diagnostic) }),
  status: z.object({
    lab: summary,
    machines: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['host', 'router']),
        interfaces: z.array(
          z.object({ name: z.string(), segment: z.string(), addresses: z.array(z.string()) }),
        ),
        gateways: z.array(z.string()),
      }),
    ),
    nat: z.array(
      z.object({
        router: z.string(),
        line: z.int().describe('of the topology; 0 for what follows from the other mappings'),
        title: z.string(),
        rules: z.array(rule),
      }),
    ),
    links: z.array(linkLine),
  }),
  exec: z.object({
    lab: z.string(),
    machine: z.string(),
    exitCode: z.int().nullable().describe('128 and more for a signal'),
    stdout: z.string(),
    stderr: z.string(),
    timedOut: z.boolean(),
    error: z.string().optional().describe('why it could not be started'),
  }),
} as const;
