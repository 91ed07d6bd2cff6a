/** Programs on this computer with pipes, to write to and read from while they run, in bytes. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A program with its arguments and open files, which are closed by disposing it once the program has started. */
export type LocalCommand = Partial<Disposable> & {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Open files that it gets behind the first three. */
  readonly files?: readonly number[];
};

export type Piped = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** What it has said on standard error, of more than that the end. */
  readonly said: () => string;
  /** Called for each piece of it. */
  readonly onSaid: (listener: (piece: string) => void) => void;
  /** Its exit code, null where a signal ended it; an error where it could not be started. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly error?: string }>;
  readonly kill: () => void;
};

const SAID_LIMIT = 64 << 10;

/** In a process group of its own, as Ctrl-C at the terminal is for labnet, which then ends the program itself. */
function startApart(command: LocalCommand): ChildProcessByStdio<Writable, Readable, Readable> {
  const {
    argv: [program, ...rest],
    env,
    files = [],
  } = command;
  try {
    return spawn(program, rest, {
      stdio: ['pipe', 'pipe', 'pipe', ...files],
      cwd: '/',
      env,
      detached: true,
    }) as ChildProcessByStdio<Writable, Readable, Readable>;
  } finally {
    command[Symbol.dispose]?.();
  }
}

export function startPiped(command: LocalCommand): Piped {
  const child = startApart(command);
  let said = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (chunk: string) => (said = `${said}${chunk}`.slice(-SAID_LIMIT)));
  child.stdin.on('error', () => undefined);
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    said: () => said,
    onSaid: (listener) => child.stderr.on('data', listener),
    ended: new Promise((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ exitCode: null, error: error.code ?? error.message }),
      );
      child.on('close', (exitCode) => resolve({ exitCode }));
    }),
    kill: () => child.kill('SIGKILL'),
  };
}
