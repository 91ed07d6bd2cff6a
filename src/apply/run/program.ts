/** A program in a machine whose output goes to files as it comes. */
import type { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTPUT_LIMIT } from '../../core/command.js';
import type { Lab } from '../lab.js';
import type { Results } from './results.js';

/**
 * Ends the program, with what it has started, when standard input ends: as by a connection that breaks. TERM first, so that it can
 * write what it has; on what stays a second longer, KILL. What it leaves behind in its process group goes with it.
 */
const SCRIPT = `exec 3<&0
setsid "$@" 3<&- </dev/null &
program=$!
(while read -r line <&3; do :; done; kill -s TERM -- "-$program"; sleep 1; kill -s KILL -- "-$program") >/dev/null 2>&1 &
watch=$!
wait "$program"
code=$?
kill "$watch" 2>/dev/null
kill -s KILL -- "-$program" 2>/dev/null
exit "$code"`;

/** Milliseconds until one that does not end is cut off. */
const PATIENCE = 5_000;
/** Of its output, for those who look for numbers in it. */
const KEPT = 1 << 20;

export type Program = {
  /** Its exit code; null where it could not be started, or had to be cut off. */
  readonly ended: Promise<number | null>;
  /** The beginning of its standard output. */
  readonly output: () => string;
  readonly end: () => Promise<number | null>;
};

export type ProgramFiles = { readonly stdout: string; readonly stderr: string };

/** @param onOutput told of standard output as it comes */
export async function startProgram(
  lab: Lab,
  machine: string,
  argv: readonly string[],
  { results, files, onOutput }: { results: Results; files: ProgramFiles; onOutput?: (piece: string) => void },
): Promise<Program> {
  const piped = await lab.start(machine, ['sh', '-c', SCRIPT, 'labnet-run', ...argv]);
  let [kept, written, said] = ['', 0, 0];
  for (const file of Object.values(files)) results.text(file, '');
  piped.stdout.on('data', (piece: Buffer) => {
    if (kept.length < KEPT) kept += piece.toString('utf8');
    onOutput?.(piece.toString('utf8'));
    if ((written += piece.length) <= OUTPUT_LIMIT) results.append(files.stdout, piece);
  });
  piped.onSaid((piece) => {
    if ((said += piece.length) <= OUTPUT_LIMIT) results.append(files.stderr, piece);
  });
  const ended = piped.ended.then(({ exitCode }) => exitCode);
  return {
    ended,
    output: () => kept,
    end: async () => {
      piped.stdin.end();
      const timer = new AbortController();
      const late = sleep(PATIENCE, null, { signal: timer.signal }).catch(() => null);
      const code = await Promise.race([ended, late]);
      timer.abort();
      // What has left its process group may still have its output.
      piped.kill();
      piped.stdout.destroy();
      return code;
    },
  };
}
