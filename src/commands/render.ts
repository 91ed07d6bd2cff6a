import type { Command } from '@commander-js/extra-typings';
import { dirname } from 'node:path';
import { LabnetError } from '../core/errors.js';
import { count } from '../core/text.js';
import { expectText } from '../heap.js';
import { common, FILE_ARGUMENT } from './common.js';
import { run } from './context.js';

export function defineRender(program: Command): void {
  common(program.command('render'), 'labnet render topologies/virtual-wan.yaml --out scripts')
    .description(
      'write down what up does: a script for the lab, and the settings, routes and rules of each machine',
    )
    .argument(...FILE_ARGUMENT)
    .option('--driver <name>', 'for this driver: netns, vagrant or ssh', 'netns')
    .option('--out <folder>', 'write files to this folder instead of printing them')
    .option('--machine <name>', 'only the files for this machine')
    .action((file, { out, machine, driver, ...options }) =>
      run(options, async (output) => {
        const { render, validate } = await import('../index.js');
        const { chooseFile, writeFiles } = await import('./local.js');
        const path = chooseFile(file);
        const { lab, diagnostics } = await validate(path, { expect: expectText });
        if (!lab) throw new LabnetError(diagnostics, 2);
        await output.diagnostics(diagnostics);
        const files = (await render(lab, { driver, baseDir: dirname(path) })).filter(
          ({ path: inside }) => machine === undefined || inside.startsWith(`machines/${machine}/`),
        );
        if (output.isJson)
          output.json('render', { files: files.map(({ path: at, text }) => ({ path: at, text })) });
        if (out !== undefined) {
          await writeFiles(out, files);
          output.say(`${output.style.green('✓')} wrote ${count(files.length, 'file')} to ${out}`);
        } else
          for (const { path: inside, text } of files)
            output.say(`${output.style.bold(`### ${inside}`)}\n${text}`);
        return 0;
      }),
    );
}
