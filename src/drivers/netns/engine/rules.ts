/** Loads the rules of routers with iptables-restore, a few at a time, while other machines are being made. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { diagnostic } from '../../../core/diagnostic.js';
import { failure, LabnetError } from '../../../core/errors.js';
import { CLONE, enter } from '../../../sys/namespaces.js';
import { toolEnv } from '../../../sys/tools.js';
import { machineDir, pinOf } from '../paths.js';
import { track } from './children.js';
import type { MachineWork } from './steps.js';

/** More would only wait for each other. */
const AT_ONCE = 4;
const TIMEOUT = 60_000;

type Task = { readonly machine: string; readonly text: string };

export class RulesLoader {
  readonly #waiting: Task[] = [];
  #running = 0;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  start(machines: readonly MachineWork[]): void {
    this.#waiting.push(...machines.flatMap(({ rules }) => rules));
    while (this.#running < AT_ONCE && this.#next());
  }

  /** Waits for the last; throws what the first refused one said. */
  async finish(): Promise<void> {
    while (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure) throw this.#failure;
  }

  #next(): boolean {
    const task = this.#failure ? undefined : this.#waiting.shift();
    if (!task) return false;
    this.#running++;
    void load(task)
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#running--;
        this.#next();
        this.#wake();
      });
    return true;
  }
}

/** This thread enters the machine for the moment in which the child is made. */
async function load({ machine, text }: Task): Promise<void> {
  const path = `${machineDir(machine)}/rules.v4`;
  writeFileSync(path, text);
  enter(pinOf(machine), CLONE.NEWNET);
  const options = { cwd: '/', env: toolEnv(), timeout: TIMEOUT, killSignal: 'SIGKILL' } as const;
  const child = track(
    spawn('iptables-restore', ['--noflush', path], { ...options, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? noIptables() : error;
  });
  if (status !== 0) throw refused(machine, text, said);
}

export const noIptables = (): LabnetError =>
  failure(
    'tool-missing',
    'iptables-restore is not installed',
    "install it: 'apt-get install iptables', or 'sh provisioners/host/prepare.sh'",
  );

function refused(machine: string, text: string, said: string): LabnetError {
  const line = Number(/line:? (\d+)/.exec(said)?.[1] ?? 0);
  const rule = text.split('\n')[line - 1];
  const message = `${machine}: iptables-restore refused the rules: ${said.trim().split('\n')[0] ?? ''}${rule ? `\n  ${rule}` : ''}`;
  return new LabnetError(
    [
      diagnostic('rules-refused', message, {
        fix: "the kernel may lack a netfilter module: 'labnet doctor' tells",
      }),
    ],
    1,
  );
}
