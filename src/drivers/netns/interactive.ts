/** A program in a machine with the terminal of the caller. */
import { failure } from '../../core/errors.js';
import { canUnshare } from '../../sys/capabilities.js';
import { pretendIdentityChanges } from '../../sys/seccomp.js';
import { keepFromChildren } from '../../sys/process.js';
import { runLocal } from '../../transport/local.js';
import type { Holder } from './holder.js';
import { enterArgv, machineEnv } from './enter.js';

/** @returns the program's exit code, 128 and more for a signal */
export async function runInteractive(
  holder: Holder,
  lab: string,
  machine: string,
  argv: readonly string[],
): Promise<number> {
  const isRootless = !canUnshare();
  if (isRootless) pretendIdentityChanges();
  keepFromChildren();
  const [program, ...rest] = enterArgv(machine, process.cwd(), isRootless);
  const { exitCode, error } = await runLocal(
    [program, ...rest, ...argv],
    machineEnv(process.env, lab, machine),
    [holder.fd],
  );
  if (exitCode === null)
    throw failure(
      'tool-missing',
      `${program} could not be started (${error ?? 'unknown'})`,
      "install util-linux: 'apt-get install util-linux'",
    );
  return exitCode;
}
