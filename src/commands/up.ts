import type { Command } from '@commander-js/extra-typings';
import { basename } from 'node:path';
import { monotonic } from '../core/monotonic.js';
import type { Lab } from '../index.js';
import { common, FILE_ARGUMENT } from './common.js';
import { abortOnSignal, run } from './context.js';
import type { CommonOptions, Output } from './context.js';
import { Progress } from './progress.js';

type Options = CommonOptions & {
  readonly driver: string;
  readonly sshConfig?: string | undefined;
  readonly verify?: true | undefined;
};

export function defineUp(program: Command): void {
  common(program.command('up'), 'labnet up topologies/virtual-wan.yaml --verify')
    .description('bring a lab up')
    .argument(...FILE_ARGUMENT)
    .option('--driver <name>', 'the driver for machines: netns, vagrant or ssh', 'netns')
    .option(
      '--ssh-config <file>',
      'for ssh: how to reach the machines, with a block Host NAME for each (ssh_config(5))',
    )
    .option('--verify', 'then verify it')
    .action((file, options) => run(options, (output) => up(file, options, output)));
}

async function up(file: string | undefined, options: Options, output: Output): Promise<number> {
  const { chooseFile } = await import('./local.js');
  const started = monotonic();
  const path = chooseFile(file);
  const { lab, release } = await bringUp(path, options, output);
  await output.brief(lab.warnings);
  await sayUp(lab, Math.round(monotonic() - started), output, options.verify === true);
  if (options.verify === true) {
    // Ctrl-C ends the verification only: the lab is up by now.
    release();
    const { verifyLab } = await import('./verify.js');
    return verifyLab(lab, output, { all: false, file: basename(path) });
  }
  await lab.close();
  return 0;
}

type BroughtUp = { readonly lab: Lab; readonly release: () => void };

async function bringUp(
  path: string,
  { driver, stateDir, sshConfig }: Options,
  output: Output,
): Promise<BroughtUp> {
  const { Lab } = await import('../index.js');
  const { signal, release } = abortOnSignal();
  const progress = new Progress(output.isJson);
  try {
    const lab = await Lab.up(path, {
      driver,
      signal,
      stateDir,
      sshConfig,
      isAlone: true,
      emit: (event) => progress.show(event),
    });
    return { lab, release };
  } finally {
    progress.clear();
  }
}

async function sayUp(
  { name, created, changes, model, warnings }: Lab,
  duration: number,
  output: Output,
  isVerified: boolean,
): Promise<void> {
  const { seconds, sizeOf, sizeText } = await import('../report/lab.js');
  const size = sizeOf(model);
  // Only one JSON object: the report of verify names the lab too.
  if (!isVerified) output.json('up', { lab: name, created, changes, ...size, duration, warnings });
  const what = created
    ? `is up: ${sizeText(size)} in ${seconds(duration)}`
    : changes.length > 0
      ? `is changed in ${seconds(duration)}:`
      : 'is up already and the same: nothing changed';
  const { changeLines } = await import('../report/plan.js');
  const lines = changeLines(changes, false, output.style);
  output.say([`${output.style.green('✓')} ${output.style.bold(name)} ${what}`, ...lines].join('\n'));
}
