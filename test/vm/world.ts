/** `labnet` on a test host, with a state folder of its own: as World has it for this computer. */
import type { ChildProcess } from 'node:child_process';
import { CLI } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import type { RunResult, VmHost } from './host.js';

export class VmWorld {
  readonly #env: NodeJS.ProcessEnv;

  constructor(
    readonly host: VmHost,
    env: NodeJS.ProcessEnv = {},
  ) {
    this.#env = { LABNET_STATE_DIR: temporaryFolder('vm-state'), ...env };
  }

  start(...args: readonly string[]): ChildProcess {
    return this.host.start([process.execPath, CLI, ...args], { env: this.#env });
  }

  run(...args: readonly string[]): Promise<RunResult> {
    return this.host.run([process.execPath, CLI, ...args], { env: this.#env });
  }
}
