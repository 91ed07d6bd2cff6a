/** `labnet watch` as a process, and requests to it. */
import type { ExecutionContext } from 'ava';
import type { ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from './cli.js';
import { finished } from './cli.js';

/** Milliseconds: for a machine on which much else runs. */
export const LONG = 60_000;

export type Watch = {
  readonly child: ChildProcess;
  readonly end: ReturnType<typeof finished>;
  readonly url: string;
  readonly port: number;
  readonly token: string;
};

export async function watching(t: ExecutionContext, who: World, ...args: readonly string[]): Promise<Watch> {
  const child = who.start('watch', '--json', ...args);
  const end = finished(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), 3 * LONG);
  child.once('close', () => clearTimeout(timer));
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  await Promise.race([
    end,
    new Promise<void>((resolve) =>
      child.stdout?.on('data', (chunk: string) => {
        if ((said += chunk).includes('\n')) resolve();
      }),
    ),
  ]);
  t.regex(said, /^\{"schema":"labnet.watch\/1"/);
  return { child, end, ...(JSON.parse(said) as Pick<Watch, 'url' | 'port' | 'token'>) };
}

/** The status of one request, with headers that browsers would not send. */
export const ask = (
  { port }: Watch,
  path: string,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

export const pathIn = ({ url }: Watch, below = ''): string => `${new URL(url).pathname}${below}`;

export async function until(
  t: ExecutionContext,
  holds: () => Promise<boolean> | boolean,
  what: string,
): Promise<void> {
  const end = performance.now() + LONG;
  while (!(await holds())) {
    if (performance.now() > end) return t.fail(what);
    await sleep(100);
  }
  t.pass(what);
}
