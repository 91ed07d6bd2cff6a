import type { Command } from '@commander-js/extra-typings';
import type { Diagnostic } from '../core/diagnostic.js';
import { badInput, LabnetError } from '../core/errors.js';
import { monotonic } from '../core/monotonic.js';
import { common, LAB_ARGUMENT } from './common.js';
import { run } from './context.js';
import { Progress } from './progress.js';

export function defineDown(program: Command): void {
  common(program.command('down'), 'labnet down virtual-wan')
    .description('take a lab down and remove all of it')
    .argument(...LAB_ARGUMENT)
    .option('--all', 'every running lab')
    .option(
      '--forget',
      'also where machines cannot be reached any more: what is there of the lab stays there',
    )
    .action((wanted, { all, forget, stateDir, ...options }) =>
      run(options, async (output) => {
        if (all === true && wanted !== undefined)
          throw badInput('bad-usage', `'--all' and '${wanted}' exclude each other`, 'leave one out');
        const { Lab } = await import('../index.js');
        const started = monotonic();
        const newer: Diagnostic[] = [];
        const wantedLabs =
          all === true
            ? (await Lab.list({ stateDir }, (one) => newer.push(one))).map(({ name }) => name)
            : [wanted];
        const labs: string[] = [];
        const progress = new Progress(output.isJson);
        try {
          for (const one of wantedLabs)
            labs.push(await Lab.destroy(one, { stateDir, forget, emit: (event) => progress.show(event) }));
        } finally {
          progress.clear();
        }
        if (newer.length > 0) throw new LabnetError(newer);
        const duration = Math.round(monotonic() - started);
        output.json('down', { labs, duration });
        output.say(
          labs.length === 0
            ? 'no lab was running'
            : labs.map((name) => `${output.style.green('✓')} ${output.style.bold(name)} is down`).join('\n'),
        );
        return 0;
      }),
    );
}
