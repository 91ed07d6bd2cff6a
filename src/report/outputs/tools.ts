/** What is printed of files, and of this computer. */
import * as z from 'zod';
import { diagnostic } from './shapes.js';

export const TOOLS_OUTPUTS = {
  validate: z.object({
    valid: z.boolean(),
    diagnostics: z.array(diagnostic),
    scenario: z
      .object({ name: z.string(), runs: z.int(), steps: z.int() })
      .optional()
      .describe('where the file has one: how many runs it asks for, and steps of each'),
    model: z.unknown().optional().describe('with --model: the resolved lab'),
  }),
  render: z.object({ files: z.array(z.object({ path: z.string(), text: z.string() })) }),
  doctor: z.object({
    ready: z.boolean(),
    drivers: z.array(z.object({ driver: z.string(), problems: z.array(diagnostic) })),
    notes: z.array(z.string()),
  }),
  init: z.object({ file: z.string() }),
  error: z
    .object({ diagnostics: z.array(diagnostic) })
    .describe('in place of any other, where a command fails'),
} as const;
