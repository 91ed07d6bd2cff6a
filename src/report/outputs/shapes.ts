/** What several commands print, as schemas. */
import * as z from 'zod';

const place = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  length: z.int(),
  text: z.string().describe('the line; of a very long one the beginning'),
});

export const diagnostic = z.object({
  code: z.string().describe('docs/diagnostics.md lists them'),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  at: place.optional(),
  fix: z.string().optional(),
});

export const milliseconds = z.int().describe('milliseconds');

export const summary = z.object({
  name: z.string(),
  driver: z.string(),
  file: z.string().describe('absolute; empty for a lab made from data'),
  created: z.iso.datetime(),
});

export const planned = z.object({
  change: z.enum(['added', 'removed', 'changed']),
  machine: z.string().optional().describe('left out for a segment'),
  text: z.string(),
  reason: z.enum(['file', 'hand']).describe('hand: the machine is not what it was made'),
  details: z.array(z.string()).optional().describe('of rules the mappings'),
});

export const observed = z
  .boolean()
  .describe('false where machines could not be looked at, and records were compared');

export const linkLine = z.object({
  machine: z.string(),
  segment: z.string(),
  link: z.string().describe('what it is now, in words'),
  file: z.string().optional().describe('what the file says, where it was set otherwise since'),
  measured: z.string().optional(),
  status: z.enum(['pass', 'fail', 'error']).optional().describe('of what was measured'),
});

export const reportFolder = z.string().optional().describe('with --report: the folder it was written to');
