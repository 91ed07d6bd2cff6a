/** Runs programs and takes their time; whatever happens, none outlives the benchmark. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const ROOT = new URL('../../../', import.meta.url);
export const inRoot = (path: string): string => fileURLToPath(new URL(path, ROOT));

/** Longer than anything here takes; in milliseconds. */
const TIMEOUT = 600_000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
export type Ended = { readonly milliseconds: number; readonly stdout: string };
export type Options = { readonly env?: Readonly<Record<string, string>>; readonly timeout?: number };

const children = new Set<Child>();

/** A program that runs: `closed` is its end, and fails where it does. */
export type Running = {
  readonly child: Child;
  readonly closed: Promise<Ended>;
};

export function start(argv: readonly string[], { env, timeout = TIMEOUT }: Options = {}): Running {
  const [program = '', ...rest] = argv;
  const started = performance.now();
  const child = spawn(program, rest, {
    stdio: 'pipe',
    cwd: inRoot('.'),
    env: { ...process.env, ...env },
    timeout,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (said[stream] += chunk));
  const closed = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      children.delete(child);
      const milliseconds = performance.now() - started;
      if (code === 0) resolve({ milliseconds, stdout: said.stdout });
      else reject(new Error(`${argv.join(' ')}: ended with ${signal ?? code ?? '?'}: ${said.stderr.trim()}`));
    });
  });
  return { child, closed };
}

/** From before it is started to its end, as its user's shell would see it. */
export function run(argv: readonly string[], options?: Options): Promise<Ended> {
  const { child, closed } = start(argv, options);
  child.stdin.end();
  return closed;
}

export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}
