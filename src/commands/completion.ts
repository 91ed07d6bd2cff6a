/** Prints the completion script for a shell. */
import type { Command } from '@commander-js/extra-typings';
import { badInput } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { stdout } from '../sys/standard.js';
import type { Shell } from '../transport/assets.js';
import { withExample } from './common.js';
import { run } from './context.js';

export function defineCompletion(program: Command): void {
  withExample(program.command('completion'), 'source <(labnet completion bash)')
    .description('print the completion script for bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell) => run({}, () => print(shell)));
}

async function print(shell: string): Promise<number> {
  const { readCompletion, SHELLS } = await import('../transport/assets.js');
  const isShell = (name: string): name is Shell => SHELLS.some((one) => one === name);
  if (!isShell(shell))
    throw badInput('bad-usage', `there is no completion for '${shell}'`, didYouMean(shell, SHELLS, 'shells'));
  stdout.write(readCompletion(shell));
  return 0;
}
