import type { Command } from '@commander-js/extra-typings';
import { badInput } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { stdout } from '../sys/standard.js';
import { common } from './common.js';
import { run } from './context.js';

export function defineSchema(program: Command): void {
  common(program.command('schema'), 'labnet schema > topology.schema.json')
    .description('print the JSON Schema of topology files, for editors')
    .option('--scenario', 'the schema of scenario files instead')
    .option('--output <command>', "the schema of a command's --json output instead")
    .action(({ output, scenario, ...options }) =>
      run(options, async () => {
        const { scenarioSchema, topologySchema } = await import('../index.js');
        const ofFile = scenario === true ? scenarioSchema : topologySchema;
        const schema = output === undefined ? await ofFile() : await outputOf(output);
        stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
        return 0;
      }),
    );
}

async function outputOf(name: string): Promise<object> {
  const { OUTPUTS, outputSchema } = await import('../report/outputs.js');
  if (Object.hasOwn(OUTPUTS, name)) return outputSchema(name as keyof typeof OUTPUTS);
  throw badInput(
    'bad-usage',
    `there is no output '${name}'`,
    didYouMean(name, Object.keys(OUTPUTS), 'outputs'),
  );
}
