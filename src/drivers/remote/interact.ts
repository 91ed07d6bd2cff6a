/** A program in a machine with the terminal of the caller, by ssh(1) itself. */
import { failure } from '../../core/errors.js';
import { runLocal } from '../../transport/local.js';
import { quoteAll } from '../../transport/ssh/quote.js';
import { resolveTarget } from '../../transport/ssh/target.js';
import type { SshFiles } from './files.js';

/** @returns the program's exit code; 255 where ssh could not connect, and has said why */
export async function interactOver(
  { config, knownHosts }: SshFiles,
  machine: string,
  argv: readonly string[],
): Promise<number> {
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
    process.stdin.isTTY ? '-t' : '-T',
  ];
  const command = user === 'root' ? argv : ['sudo', '-n', '--', ...argv];
  const { exitCode, error } = await runLocal(
    ['ssh', ...options, '--', machine, quoteAll(command)],
    process.env as Record<string, string>,
  );
  if (exitCode === null)
    throw failure(
      'tool-missing',
      `ssh could not be started (${error ?? 'unknown'})`,
      "install it: 'apt-get install openssh-client'",
    );
  return exitCode;
}
