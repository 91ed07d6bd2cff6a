import type { Command } from '@commander-js/extra-typings';
import { expectText } from '../heap.js';
import { common, FILE_ARGUMENT } from './common.js';
import { run } from './context.js';

export function definePlan(program: Command): void {
  common(program.command('plan'), 'labnet plan topologies/virtual-wan.yaml')
    .description("show what 'up' would change in the lab, and why: an edited file, or changes by hand")
    .argument(...FILE_ARGUMENT)
    .option('--driver <name>', 'the driver for machines: netns, vagrant or ssh', 'netns')
    .option('--ssh-config <file>', 'for ssh: how to reach the machines, see ssh_config(5)')
    .option('--all', 'list everything, even of a large lab')
    .action((file, { all, driver, stateDir, sshConfig, ...options }) =>
      run(options, async (output) => {
        const { plan } = await import('../index.js');
        const { chooseFile } = await import('./local.js');
        const planned = await plan(chooseFile(file), { driver, stateDir, sshConfig, expect: expectText });
        const { lab, warnings, running, observed, changes } = planned;
        await output.brief(warnings);
        output.json('plan', { lab: lab.name, driver: planned.driver, running, observed, changes, warnings });
        const { planText } = await import('../report/plan.js');
        output.say(planText({ ...planned, name: lab.name }, all === true, output.style));
        return 0;
      }),
    );
}
