/** A program in a machine with the terminal of the caller. */
import { failure } from '../../core/errors.js';
import { canChangeIdentity, canUnshare } from '../../sys/capabilities.js';
import { pretendIdentityChanges } from '../../sys/seccomp.js';
import { keepFromChildren } from '../../sys/process.js';
import { runLocal } from '../../transport/local.js';
import type { LocalCommand } from '../../transport/piped.js';
import type { Holder } from './holder.js';
import { enterArgv, machineEnv } from './enter.js';

/** The command line of a program in a machine, and what it is started with; it has the holder from here on. */
export function commandIn(
  holder: Holder,
  lab: string,
  machine: string,
  argv: readonly string[],
): LocalCommand {
  const isRootless = !canUnshare();
  if (isRootless || !canChangeIdentity()) pretendIdentityChanges();
  keepFromChildren();
  const [program, ...rest] = enterArgv(machine, process.cwd(), isRootless);
  return {
    argv: [program, ...rest, ...argv],
    env: machineEnv(process.env, lab, machine),
    files: [holder.fd],
    [Symbol.dispose]: () => holder[Symbol.dispose](),
  };
}

/** @returns the program's exit code, 128 and more for a signal */
export async function runInteractive(
  holder: Holder,
  lab: string,
  machine: string,
  argv: readonly string[],
): Promise<number> {
  const command = commandIn(holder, lab, machine, argv);
  const { exitCode, error } = await runLocal(command.argv, command.env, command.files);
  command[Symbol.dispose]?.();
  if (exitCode === null)
    throw failure(
      'tool-missing',
      `${command.argv[0]} could not be started (${error ?? 'unknown'})`,
      "install util-linux: 'apt-get install util-linux'",
    );
  return exitCode;
}
