import type { Command } from '@commander-js/extra-typings';
import { common } from './common.js';
import { run } from './context.js';

export function defineDoctor(program: Command): void {
  common(program.command('doctor'), 'labnet doctor')
    .description('check what this computer can run, and how to fix what it cannot')
    .action((options) =>
      run(options, async (output) => {
        const { doctor } = await import('../index.js');
        const { ready, drivers, notes } = await doctor();
        output.json('doctor', { ready, drivers, notes });
        for (const { driver, problems } of drivers) {
          output.say(
            problems.length === 0
              ? `${output.style.green('✓')} ${driver}: ready`
              : `${output.style.red('✗')} ${driver}: not ready`,
          );
          await output.diagnostics(problems);
        }
        for (const note of notes) output.say(output.style.dim(`  ${note}`));
        return ready ? 0 : 1;
      }),
    );
}
