import * as z from 'zod';
import { record } from '../../topology/record.js';
import { checkSchema } from '../../topology/schema.js';
import { action } from '../action.js';
import { time } from '../schema.js';

export const check = action({
  kind: 'check',
  about: "makes a check, as in the topology's 'checks': ping, tcp, udp, blocked or path",
  schema: z
    .union([checkSchema, z.array(checkSchema).min(1).max(100)])
    .describe('a check such as { ping: HOST -> HOST }, or a list of checks'),
  judge: (value, judging) => {
    if (!Array.isArray(value)) judging.check(value, []);
    else for (const [index, one] of value.entries()) judging.check(one, [index]);
  },
  canRepeat: () => true,
  text: (value) => `check ${[value].flat().map(checkText).join(', ')}`,
});

const checkText = (one: Readonly<Record<string, unknown>>): string => {
  const [[kind, text] = ['', '']] = Object.entries(one);
  return `${kind} ${String(text)}`;
};

export const verify = action({
  kind: 'verify',
  about: "runs 'labnet verify', all of it or some kinds of check",
  schema: z
    .union([z.literal('all'), z.array(z.string().max(100)).min(1).max(100)])
    .describe("'all', or a list of kinds of check (docs/checks.md)"),
  judge: () => undefined,
  canRepeat: () => true,
  text: (kinds) => `verify ${[kinds].flat().join(' ')}`,
});

export const sample = action({
  kind: 'sample',
  about: 'pings again and again, and writes the round trips as a series',
  schema: record({
    ping: z.string().max(1000).describe('SOURCE -> DESTINATION'),
    every: time.optional().describe('between two; default: 200ms, at least 10ms'),
    for: time.optional().describe("for how long; default: until an 'end' of its name, or the end of the run"),
  }).describe('{ ping: HOST -> HOST }'),
  judge: ({ ping, every, for: length }, judging) => {
    judging.check({ ping }, []);
    if (length !== undefined) judging.time(length, ['for']);
    const between = every === undefined ? undefined : judging.time(every, ['every']);
    if (between !== undefined && between < 10)
      judging.report(
        'bad-time',
        'a series has no more than 100 values a second',
        ['every'],
        'write 10ms or more',
      );
  },
  text: ({ ping }) => `sample ping ${ping}`,
  isOngoing: () => true,
});
