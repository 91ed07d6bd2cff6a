/** A program in a machine with the terminal of the caller, by ssh(1) itself. */
import { failure } from '../../core/errors.js';
import { runLocal } from '../../transport/local.js';
import type { LocalCommand } from '../../transport/piped.js';
import { quoteAll } from '../../transport/ssh/quote.js';
import { resolveTarget } from '../../transport/ssh/target.js';
import type { SshFiles } from './files.js';

/** The command line of a program in a machine, as root, and what it is started with. */
export async function commandOver(
  { config, knownHosts }: SshFiles,
  machine: string,
  argv: readonly string[],
  withTerminal = false,
): Promise<LocalCommand> {
  const { user } = await resolveTarget(config, machine);
  const options = [
    '-F',
    config,
    '-o',
    `UserKnownHostsFile=${knownHosts}`,
    '-o',
    'GlobalKnownHostsFile=/dev/null',
    '-o',
    `HostKeyAlias=${machine}`,
    // Whom labnet has met itself is pinned; ssh pins whom it meets first, in the same file.
    '-o',
    'StrictHostKeyChecking=accept-new',
    '-o',
    'HashKnownHosts=no',
    '-o',
    'LogLevel=ERROR',
    // A machine that is gone is not waited for as long as TCP would.
    '-o',
    'ConnectTimeout=15',
    '-o',
    'ServerAliveInterval=15',
    withTerminal ? '-t' : '-T',
  ];
  const command = user === 'root' ? argv : ['sudo', '-n', '--', ...argv];
  return {
    argv: ['ssh', ...options, '--', machine, quoteAll(command)],
    env: process.env as Record<string, string>,
  };
}

/** @returns the program's exit code; 255 where ssh could not connect, and has said why */
export async function interactOver(
  files: SshFiles,
  machine: string,
  argv: readonly string[],
): Promise<number> {
  const command = await commandOver(files, machine, argv, process.stdin.isTTY);
  const { exitCode, error } = await runLocal(command.argv, command.env);
  if (exitCode === null)
    throw failure(
      'tool-missing',
      `ssh could not be started (${error ?? 'unknown'})`,
      "install it: 'apt-get install openssh-client'",
    );
  return exitCode;
}
