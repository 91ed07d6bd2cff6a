import type { Command } from '@commander-js/extra-typings';
import type { Diagnostic } from '../core/diagnostic.js';
import { common } from './common.js';
import { run } from './context.js';

export function defineList(program: Command): void {
  common(program.command('list'), 'labnet list')
    .description('list the running labs')
    .action(({ stateDir, ...options }) =>
      run(options, async (output) => {
        const { Lab } = await import('../index.js');
        const { columns } = await import('../report/style.js');
        const newer: Diagnostic[] = [];
        const labs = await Lab.list({ stateDir }, (warning) => newer.push(warning));
        output.json('list', { labs, newer });
        await output.diagnostics(newer);
        output.say(
          labs.length === 0
            ? 'no lab is running'
            : columns(
                labs.map(({ name, driver, created, file }) => [name, driver, created, file]),
                '',
              ),
        );
        return 0;
      }),
    );
}
