/** The scenario language as zod schemas: the timing of a step, and the scenario around the steps. */
import * as z from 'zod';
import { NAME } from '../core/name.js';
import { record } from '../topology/record.js';

const text = z.string().max(1000);
export const time = z.union([z.number(), text]);
export const scalar = z.union([text, z.number(), z.boolean()]);
export const name = z
  .string()
  .meta({ description: 'a name: a letter, then letters, digits and hyphens', pattern: NAME.source });
/** A value of a sweep or of `choose`. */
const choice = scalar.describe('a text, a number, true or false; for the parts of a map use a variable each');
const choices = z.array(choice).min(1).max(1000);

/** Larger scenarios are refused: a mistyped unit must not keep a computer busy for days. */
export const LIMITS = { steps: 10_000, duration: 24 * 3_600_000, runs: 1_000, entries: 1_000 } as const;

export const EXPECTED = ['pass', 'fail', 'any'] as const;
export type Expected = (typeof EXPECTED)[number];

/** The time of a step, its repetition, and values drawn for it. */
export const timingKeys = {
  name: name.optional(),
  at: time.optional().describe('when it is: a time since the start, such as 10s'),
  after: name.optional().describe('the name of the step that it comes after'),
  delay: time.optional().describe("a time after 'after'"),
  every: time.optional().describe("repeats it, until 'until' or 'times' says that it is enough"),
  times: z.int().min(1).max(LIMITS.steps).optional().describe('how many turns'),
  until: time.optional().describe('the time of the last turn at the latest'),
  jitter: time.optional().describe('each turn is later by a random time up to this one'),
  ramp: record({
    from: scalar.describe('a number with or without a unit, such as 20ms'),
    to: scalar.describe('a number with the same unit'),
    over: time.describe('for how long it goes from one to the other'),
    steps: z.int().min(2).max(LIMITS.steps).optional().describe('how many steps; default: 10'),
  })
    .optional()
    .describe("repeats it with a value that changes, '${ramp}'"),
  choose: z
    .record(z.string(), choices)
    .optional()
    .describe("draws '${NAME}' for each turn, by the seed: NAME: [VALUE, …]"),
  within: time
    .optional()
    .describe('tried again until it ends as it has to, for at most this time, such as 20s'),
  expect: z.enum(EXPECTED).optional().describe('how it has to end; any: it is only written down'),
};
export const timingSchema = record(timingKeys);
export type WrittenTiming = z.infer<typeof timingSchema>;

const scenarioKeys = {
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .describe('every random choice follows from it; default: 1'),
  repeat: z.int().min(1).max(LIMITS.runs).optional().describe('how many runs of each combination'),
  duration: time.optional().describe('a run does not end before'),
  sweep: z
    .record(z.string(), choices)
    .optional()
    .describe("every combination is run: NAME: [VALUE, …], used as '${NAME}'"),
  timeline: z
    .array(z.unknown())
    .min(1)
    .max(LIMITS.entries)
    .describe("the steps, such as { at: 1s, exec: { machine: HOST, run: [ping, '-c1', HOST] } }"),
};

/** Within a topology; a list alone is its timeline. */
export const scenarioSchema = record(scenarioKeys).describe(
  'a map with timeline, and sweep, seed and repeat',
);

/** As a file of its own. */
export const scenarioFileSchema = record({
  topology: text.describe("a topology file, relative to this one's folder"),
  name: name.optional(),
  ...scenarioKeys,
}).describe('a map with topology and timeline');
export type WrittenScenario = z.infer<typeof scenarioSchema>;
