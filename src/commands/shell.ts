import type { Command } from '@commander-js/extra-typings';
import { existsSync } from 'node:fs';
import { common, LAB_OPTION } from './common.js';
import { run } from './context.js';

export function defineShell(program: Command): void {
  common(program.command('shell'), 'labnet shell router')
    .description('open a shell in a machine')
    .argument('<machine>', 'the machine')
    .option(...LAB_OPTION)
    .action((machine, { lab: wanted, stateDir, ...options }) =>
      run(options, async () => {
        const { Lab } = await import('../index.js');
        const lab = await Lab.open(wanted, { stateDir });
        return lab.interact(machine, shellArgv());
      }),
    );
}

/**
 * The user's own shell. dash cannot give the terminal back to a process group outside of the lab: it runs without job
 * control, or bash is used instead.
 */
function shellArgv(): readonly string[] {
  const own = process.env['SHELL'] ?? '/bin/sh';
  if (!/\/(da)?sh$/.test(own)) return [own];
  return existsSync('/bin/bash') ? ['/bin/bash'] : [own, '+m'];
}
