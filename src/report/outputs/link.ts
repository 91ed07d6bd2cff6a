/** What is printed of links. */
import * as z from 'zod';
import { linkLine, planned } from './shapes.js';

const written = z.record(z.string(), z.unknown()).describe('as a file has it');
const linkChange = z.object({
  do: z.enum(['set', 'down', 'up', 'partition', 'heal', 'reset']),
  places: z.array(z.string()).optional().describe('MACHINE:SEGMENT, MACHINE or :SEGMENT'),
  settings: z.array(z.string()).optional(),
  groups: z.array(z.array(z.string())).optional(),
});

export const LINK_OUTPUTS = {
  link: z.object({ lab: z.string(), links: z.array(linkLine) }),
  'link-change': z.object({ lab: z.string(), change: linkChange, changes: z.array(planned) }),
  'link-presets': z.object({
    presets: z.record(
      z.string(),
      z.object({
        about: z.string(),
        source: z.string(),
        isSymmetric: z.boolean(),
        both: written,
        up: written.optional(),
        down: written.optional(),
      }),
    ),
  }),
} as const;
