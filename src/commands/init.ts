import type { Command } from '@commander-js/extra-typings';
import { existsSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { badInput, failure, messageOf } from '../core/errors.js';
import { common } from './common.js';
import { run } from './context.js';

export function defineInit(program: Command): void {
  common(program.command('init'), 'labnet init my-lab.yaml')
    .description('write a commented topology to start from')
    .argument('[file]', 'the file to write', 'lab.yaml')
    .action((file, options) =>
      run(options, async (output) => {
        if (existsSync(file)) throw badInput('bad-usage', `${file} exists already`, 'name another file');
        const { starterTopology } = await import('./local.js');
        const name = basename(file)
          .replace(/\.ya?ml$/, '')
          .replace(/[^A-Za-z0-9-]/g, '-')
          .slice(0, 31);
        write(file, starterTopology(/^[A-Za-z]/.test(name) ? name : 'lab'));
        output.json('init', { file });
        output.say(`${output.style.green('✓')} wrote ${file}; next: labnet up ${file} --verify`);
        return 0;
      }),
    );
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    const fix = 'name a file in a folder that is there and that you may write to';
    throw failure('file-unwritable', `cannot write ${file}: ${messageOf(error)}`, fix);
  }
}
