/** What is printed of scenarios. */
import * as z from 'zod';
import { diagnostic, milliseconds } from './shapes.js';

const value = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), value).describe('of the variables of the sweep');
const runStatus = z.enum(['passed', 'failed', 'stopped']);
const runStep = z.object({
  id: z.string().describe('NAME, or NAME#TURN'),
  name: z.string(),
  text: z.string(),
  status: z.enum(['pass', 'fail', 'error', 'skipped']),
  isGood: z.boolean().describe('whether it ended as it has to'),
  isOutcome: z.boolean().describe('whether the summary counts it'),
  detail: z.string(),
  outcome: z.string().optional(),
  tries: z.int().optional().describe("of a step with 'within': how often it was tried"),
  planned: z.number().optional().describe('milliseconds since the run began, as the next two'),
  started: z.number().optional(),
  ended: z.number().optional(),
  line: z.int(),
});
const runResult = z.object({
  index: z.int(),
  values,
  repeat: z.int(),
  seed: z.int(),
  status: runStatus,
  lab: z.string().describe('the name of the lab it had'),
  folder: z.string(),
  duration: milliseconds,
  steps: z.array(runStep),
  problems: z.array(diagnostic),
});
const summaryRow = z.object({
  values,
  runs: z.int(),
  passed: z.int(),
  measures: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      n: z.int(),
      median: z.number(),
      q1: z.number(),
      q3: z.number(),
      min: z.number(),
      max: z.number(),
    }),
  ),
  outcomes: z.array(z.object({ step: z.string(), counts: z.record(z.string(), z.int()) })),
});

export const RUN_OUTPUTS = {
  run: z.object({
    name: z.string(),
    folder: z.string().describe('absolute; of the results'),
    seed: z.int(),
    sweep: z.record(z.string(), z.array(value)),
    status: runStatus,
    runs: z.array(runResult),
    summary: z.array(summaryRow).describe('a row for each combination'),
    warnings: z.array(diagnostic),
  }),
  'run-plan': z.object({
    name: z.string(),
    seed: z.int(),
    runs: z.array(
      z.object({
        index: z.int(),
        values,
        repeat: z.int(),
        seed: z.int(),
        steps: z.array(
          z.object({
            id: z.string(),
            at: z.number().optional(),
            after: z.string().optional(),
            delay: z.number().optional(),
            within: z.number().optional().describe('milliseconds in which it is tried again'),
            text: z.string(),
            line: z.int(),
          }),
        ),
      }),
    ),
    warnings: z.array(diagnostic),
  }),
} as const;
