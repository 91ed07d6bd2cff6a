/** Long-running programs on this computer, by execa, with their output line by line as it comes. */
import type { Ended } from './local.js';

export type LineSink = (line: string) => void;

export type LinesOptions = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly onLine?: LineSink | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type LinesEnded = Ended & {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
};

/** Milliseconds for a program to clean up after it is asked to end. */
const PATIENCE = 30_000;

export async function runLines(
  [program, ...rest]: readonly [string, ...string[]],
  { cwd, env, timeout, onLine, signal }: LinesOptions,
): Promise<LinesEnded> {
  const { execa } = await import('execa');
  const running = execa(program, rest, {
    cwd,
    env,
    timeout,
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: PATIENCE,
    killSignal: 'SIGINT',
    // In a process group of its own, as Ctrl-C at the terminal is for labnet, which then ends the program itself.
    detached: true,
    cleanup: true,
    ...(signal && { cancelSignal: signal }),
  });
  if (onLine) {
    for (const stream of [running.stdout, running.stderr]) {
      let rest_ = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = `${rest_}${chunk}`.split(/\r?\n|\r/);
        rest_ = lines.pop() ?? '';
        lines.forEach(onLine);
      });
    }
  }
  const { exitCode, stdout, stderr, timedOut, code } = await running;
  return {
    exitCode: exitCode ?? null,
    stdout,
    stderr,
    timedOut,
    ...(exitCode === undefined && { error: code ?? 'unknown' }),
  };
}
