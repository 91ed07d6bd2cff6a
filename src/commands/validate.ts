import type { Command } from '@commander-js/extra-typings';
import { setHeap } from '../heap.js';
import { common } from './common.js';
import { run } from './context.js';

/** Machines. */
const LARGE = 100;

const expect = (machines: number): void => {
  if (machines > LARGE) setHeap();
};

export function defineValidate(program: Command): void {
  common(program.command('validate'), 'labnet validate topologies/virtual-wan.yaml')
    .description('check a topology or a scenario, and list every mistake in it')
    .argument('[file]', 'a topology or a scenario; default: the only topology in this folder')
    .option('--model', 'with --json: also print the resolved lab')
    .action((file, { model, ...options }) =>
      run(options, async (output) => {
        const { validate } = await import('../index.js');
        const { chooseFile } = await import('./local.js');
        const { lab, scenario, diagnostics } = await validate(chooseFile(file), { expect });
        output.json('validate', {
          valid: lab !== undefined,
          diagnostics,
          ...(scenario && { scenario }),
          ...(model === true && lab && { model: lab }),
        });
        await output.diagnostics(diagnostics);
        if (!lab) return 2;
        const { scenarioText, sizeOf, sizeText } = await import('../report/lab.js');
        const { green, bold } = output.style;
        output.say(`${green('✓')} ${bold(lab.name)} is a good topology: ${sizeText(sizeOf(lab))}`);
        if (scenario) output.say(`${green('✓')} ${scenarioText(scenario)}`);
        return 0;
      }),
    );
}
