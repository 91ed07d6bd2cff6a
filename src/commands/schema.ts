import type { Command } from '@commander-js/extra-typings';
import { common, run } from './context.js';

export function defineSchema(program: Command): void {
  common(program.command('schema'), 'labnet schema > topology.schema.json')
    .description('print the JSON Schema of topology files, for editors')
    .action((options) =>
      run(options, async () => {
        const { topologySchema } = await import('../index.js');
        process.stdout.write(`${JSON.stringify(topologySchema(), null, 2)}\n`);
        return 0;
      }),
    );
}
