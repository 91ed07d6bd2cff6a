import type { Command } from '@commander-js/extra-typings';
import { common, run } from './context.js';

export function defineStatus(program: Command): void {
  common(program.command('status'), 'labnet status virtual-wan')
    .description('show machines, addresses, gateways and NAT with packet counters')
    .argument('[lab]', 'its name or file; default: the only one that runs')
    .option('--all', 'list everything, also of a large lab')
    .action((wanted, { all, stateDir, ...options }) =>
      run(options, async (output) => {
        const { Lab } = await import('../index.js');
        const lab = await Lab.open(wanted, { stateDir });
        try {
          const status = await lab.status();
          output.json('status', { lab: lab.summary, ...status });
          const { statusText } = await import('../report/status.js');
          output.say(statusText(lab.summary, status, all === true, output.style));
          return 0;
        } finally {
          await lab.close();
        }
      }),
    );
}
