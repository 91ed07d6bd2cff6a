import * as z from 'zod';
import { record } from '../../topology/record.js';
import type { Judging } from '../action.js';
import { action } from '../action.js';
import { name, time } from '../schema.js';

const argv = z
  .array(z.union([z.string(), z.number()]).transform(String))
  .min(1)
  .max(1000)
  .describe('a program and its arguments, each an entry of the list');

export const exec = action({
  kind: 'exec',
  about: 'runs a program in a machine',
  schema: record({
    machine: name.describe('the machine it runs in'),
    run: argv,
    background: z.boolean().optional().describe('it goes on until it ends, is ended, or the run is over'),
    'expect-exit': z
      .union([z.int().min(0).max(255), z.literal('any')])
      .optional()
      .describe("an exit code, or 'any'; default: 0"),
    timeout: time.optional().describe('when it is ended, which is a failure; default: 60s'),
    save: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
      .optional()
      .describe('a name for the files of its output, without a folder'),
    measure: z
      .record(z.string(), z.string().max(200))
      .optional()
      .describe('NAME: a regular expression whose first group is a number in the output'),
  }).describe('{ machine: NAME, run: [PROGRAM, ARGUMENT, …] }'),
  judge: ({ machine, run, timeout, measure = {}, background, ...rest }, judging) => {
    judging.machine(machine, ['machine']);
    judgeWords(run, judging);
    if (timeout !== undefined) judging.time(timeout, ['timeout']);
    for (const [key, pattern] of Object.entries(measure)) {
      if (!isPattern(pattern))
        judging.report(
          'wrong-value',
          `'${pattern}' is no regular expression with one group`,
          ['measure', key],
          "such as 'avg = ([0-9.]+)'",
        );
    }
    if (background === true && rest['expect-exit'] !== undefined)
      judging.report(
        'wrong-value',
        'the exit code of a program in the background is not waited for',
        ['expect-exit'],
        "remove 'expect-exit' or 'background'",
      );
  },
  text: ({ machine, run }) => `exec ${machine}: ${inOneLine(run.join(' '))}`,
  isOngoing: ({ background }) => background === true,
  canRepeat: ({ background }) => background !== true,
});

/** What execve(2) cannot take, and a command line that somebody expected a shell to take apart. */
function judgeWords(run: readonly string[], { report }: Judging): void {
  const [program = '', ...rest] = run;
  const zero = run.findIndex((word) => word.includes('\0'));
  if (zero >= 0)
    report('wrong-value', 'a NUL character cannot be in an argument', ['run', zero], 'remove it');
  if (program.trim() === '') report('wrong-value', 'the program has no name', ['run', 0], 'such as [date]');
  else if (rest.length === 0 && /^[\w.-]+\s+\S/.test(program))
    report(
      'wrong-value',
      `'${inOneLine(program)}' is one word: no program is called that`,
      ['run', 0],
      `make each argument an entry: [${inOneLine(program.trim().split(/\s+/).join(', '))}]`,
    );
}

/** Long arguments, such as scripts, are cut off. */
const inOneLine = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
};
const LONGEST = 80;

/** Whether it is a regular expression with exactly one group. */
function isPattern(text: string): boolean {
  try {
    return new RegExp(`${text}|`).exec('')?.length === 2;
  } catch {
    return false;
  }
}
