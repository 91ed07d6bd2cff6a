/** Finds keys of a step's timing that contradict each other. */
import type { DiagnosticCode } from '../core/diagnostic.js';
import type { Path } from '../topology/source.js';
import type { WrittenTiming } from './schema.js';

type Contradiction = {
  readonly code: DiagnosticCode;
  readonly is: (timing: WrittenTiming) => boolean;
  readonly message: string;
  readonly key: keyof WrittenTiming;
  readonly fix: string;
};

const CONTRADICTIONS: readonly Contradiction[] = [
  {
    code: 'bad-time',
    is: ({ at, after }) => at !== undefined && after !== undefined,
    message: "'at' and 'after' contradict each other",
    key: 'after',
    fix: "use 'after' with 'delay'",
  },
  {
    code: 'bad-time',
    is: ({ at, delay }) => at !== undefined && delay !== undefined,
    message: "'delay' counts from the end of another step, and 'at' from the start of the run",
    key: 'delay',
    fix: "add it to 'at', or say 'after: STEP' in its place",
  },
  {
    code: 'bad-time',
    is: ({ every, ramp }) => every !== undefined && ramp !== undefined,
    message: "a ramp has its own steps, and no 'every'",
    key: 'every',
    fix: "remove it, and say 'steps' in the ramp",
  },
  {
    code: 'no-end',
    is: ({ every, times, until }) => every !== undefined && times === undefined && until === undefined,
    message: "'every' never ends",
    key: 'every',
    fix: "add 'times: 10' or 'until: 30s'",
  },
  {
    code: 'missing-key',
    is: ({ every, times }) => every === undefined && times !== undefined,
    message: "'times' without 'every'",
    key: 'times',
    fix: "add 'every: 1s'",
  },
  {
    code: 'missing-key',
    is: ({ every, until }) => every === undefined && until !== undefined,
    message: "'until' without 'every'",
    key: 'until',
    fix: "add 'every: 1s'",
  },
];

/** @returns whether all of it can be; what cannot has been said */
export function agrees(
  timing: WrittenTiming,
  say: (code: DiagnosticCode, message: string, path: Path, fix: string) => void,
): boolean {
  const found = CONTRADICTIONS.filter(({ is }) => is(timing));
  for (const { code, message, key, fix } of found) say(code, message, [key], fix);
  return found.length === 0;
}
