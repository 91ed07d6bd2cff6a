/** Programs on this machine that take their time, by execa: their output line by line as it comes. */
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

/** For what a program needs to clean up when it is asked to end. */
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
    // A process group of its own: the terminal's Ctrl-C is for us, who ask it to end in our own time.
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
