/** A program that changes or lists something, in the namespaces that this thread is in at that moment. */
import { spawn } from 'node:child_process';
import { changerEnv, track } from './children.js';

const TIMEOUT = 60_000;

/** `exitCode` is null where it could not be started, or was killed. */
export type Ran = { readonly exitCode: number | null; readonly said: string; readonly complained: string };

export function runTool([program, ...argv]: readonly [string, ...string[]], stdin: string): Promise<Ran> {
  const options = { cwd: '/', env: changerEnv(), timeout: TIMEOUT, killSignal: 'SIGKILL' } as const;
  const child = track(spawn(program, argv, { ...options, stdio: ['pipe', 'pipe', 'pipe'] }));
  child.stdin.on('error', () => undefined).end(stdin);
  let [said, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complained += chunk));
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ exitCode: null, said, complained: message }));
    child.on('close', (exitCode) => resolve({ exitCode, said, complained }));
  });
}
