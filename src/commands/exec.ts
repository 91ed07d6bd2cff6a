import type { Command } from '@commander-js/extra-typings';
import { badInput } from '../core/errors.js';
import { common, LAB_OPTION } from './common.js';
import { run } from './context.js';

export function defineExec(program: Command): void {
  common(program.command('exec'), 'labnet exec proxyA -- ping -c1 100.100.100.200')
    .description('run a command in a machine, and return its exit code')
    .argument('<machine>', 'the machine')
    .argument('<command...>', "the command; write '--' before it if it has options")
    .option(...LAB_OPTION)
    .passThroughOptions()
    .action((machine, command, { lab: wanted, stateDir, json, ...options }) =>
      run({ json, ...options }, async (output) => {
        const { Lab } = await import('../index.js');
        const lab = await Lab.open(wanted, { stateDir });
        const argv = command[0] === '--' ? command.slice(1) : command;
        const [program, ...rest] = argv;
        if (program === undefined)
          throw badInput('bad-usage', 'no command was given', 'labnet exec MACHINE -- COMMAND');
        if (json !== true) return lab.interact(machine, argv);
        try {
          const result = await lab.exec(machine, [program, ...rest]);
          output.json('exec', { lab: lab.name, machine, ...result });
          return result.exitCode ?? 1;
        } finally {
          await lab.close();
        }
      }),
    );
}
