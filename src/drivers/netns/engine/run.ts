/** Runs commands in machines: the child starts in the namespace this thread is in at that moment. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Command, Output } from '../../../core/command.js';
import { OUTPUT_LIMIT } from '../../../core/command.js';
import { exitCodeOfSignal } from '../../../transport/exit-code.js';
import { dieWithParent } from '../bound.js';
import { enterArgv } from '../enter.js';
import { changerEnv, track } from './children.js';

const AT_ONCE = 16;
/** How long output may still come when the command has ended, in milliseconds. */
const DRAIN = 100;

/** The lab's holder, by its open folder in /proc, and a way to put this thread into a machine's network namespace. */
export type Entrance = { readonly holder: number; readonly enter: (machine: string) => void };

export async function runAll(commands: readonly Command[], entrance: Entrance): Promise<Output[]> {
  const outputs = new Array<Output>(commands.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < commands.length; index = next++) {
      const command = commands[index];
      if (command) outputs[index] = await runOne(command, entrance);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, commands.length) }, worker));
  return outputs;
}

async function runOne(
  { machine, argv, stdin, timeout, user }: Command,
  { holder, enter }: Entrance,
): Promise<Output> {
  enter(machine);
  const [program, ...rest] = user ? enterArgv(machine, user.directory, false) : dieWithParent;
  const spawned = spawn(program, [...rest, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe', ...(user ? [holder] : [])],
    cwd: '/',
    env: user?.env ?? changerEnv(),
  }) as ChildProcessWithoutNullStreams;
  const child = track(spawned);
  child.stdin.on('error', () => undefined).end(stdin ?? '');
  return collect(child, timeout);
}

/** What it says until it has ended, or its time has, in milliseconds. */
function collect(child: ChildProcessWithoutNullStreams, timeout: number): Promise<Output> {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      if (said[stream].length < OUTPUT_LIMIT) said[stream] += chunk;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeout);
  return new Promise((resolve) => {
    const end = (exitCode: number | null, error?: string): void => {
      clearTimeout(timer);
      resolve({ exitCode, ...said, timedOut, ...(error !== undefined && { error }) });
    };
    child.on('error', (error: NodeJS.ErrnoException) => end(null, error.code ?? error.message));
    const done = (exitCode: number | null, signal: NodeJS.Signals | null): void =>
      end(exitCode ?? (signal === null ? null : exitCodeOfSignal(signal)));
    child.on('close', done);
    // What it left in the background may keep its output open for ever. What it said is read before an immediate, also
    // where this thread was busy with probes until the timer was due.
    child.on('exit', (...ended) => setTimeout(() => setImmediate(done, ...ended), DRAIN).unref());
  });
}
