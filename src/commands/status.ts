import type { Command } from '@commander-js/extra-typings';
import type { Lab } from '../index.js';
import { common, LAB_ARGUMENT } from './common.js';
import { run } from './context.js';
import type { Output } from './context.js';

export function defineStatus(program: Command): void {
  common(program.command('status'), 'labnet status virtual-wan')
    .description('show machines, addresses, gateways and NAT with packet counters')
    .argument(...LAB_ARGUMENT)
    .option('--all', 'list everything, even of a large lab')
    .option('--drift', 'show what was changed by hand instead; exit code 1 if anything was')
    .action((wanted, { all, drift, stateDir, ...options }) =>
      run(options, async (output) => {
        const { Lab } = await import('../index.js');
        const lab = await Lab.open(wanted, { stateDir });
        try {
          if (drift === true) return await showDrift(lab, all === true, output);
          const status = await lab.status();
          const links = lab.links();
          output.json('status', { lab: lab.summary, ...status, links });
          const { statusText } = await import('../report/status.js');
          output.say(statusText(lab.summary, { ...status, links }, all === true, output.style));
          return 0;
        } finally {
          await lab.close();
        }
      }),
    );
}

async function showDrift(lab: Lab, all: boolean, output: Output): Promise<number> {
  const { observed, changes } = await lab.drift();
  output.json('drift', { lab: lab.summary, observed, changes });
  const { driftText } = await import('../report/plan.js');
  output.say(driftText(lab.name, changes, all, output.style));
  return changes.length === 0 ? 0 : 1;
}
