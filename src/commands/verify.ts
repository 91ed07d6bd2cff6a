import type { Command } from '@commander-js/extra-typings';
import { basename, join } from 'node:path';
import type { CheckedRun, Lab, MeshedRun } from '../index.js';
import type { Output } from './context.js';
import { common, run } from './context.js';

export function defineVerify(program: Command): void {
  common(program.command('verify'), 'labnet verify virtual-wan')
    .description('prove that a running lab behaves as written')
    .argument('[lab]', 'its name or file; default: the only one that runs')
    .option('--only <kinds>', 'only these kinds of check, such as gateway,published')
    .option('--mesh', 'instead: every host asks every other that it reaches')
    .option('--all', 'list every check, also of a large lab')
    .option('--report <folder>', 'and write a page, JUnit XML, TAP and JSON there (docs/report.md)')
    .action((wanted, { only, all, mesh, stateDir, report, ...options }) =>
      run(options, async (output) => {
        const { Lab, refuseReport } = await import('../index.js');
        if (report !== undefined) await refuseReport(report);
        const lab = await Lab.open(wanted, { stateDir });
        if (mesh === true) return meshLab(lab, output, report);
        return verifyLab(lab, output, { all: all === true, kinds: only?.split(','), folder: report });
      }),
    );
}

type View = {
  readonly all: boolean;
  readonly file?: string;
  readonly kinds?: readonly string[] | undefined;
  /** For a report. */
  readonly folder?: string | undefined;
};

/** Verifies, prints and lets go of the lab; 1 where a check failed. */
export async function verifyLab(
  lab: Lab,
  output: Output,
  { all, file, kinds, folder }: View,
): Promise<number> {
  try {
    const run = folder === undefined ? undefined : await lab.verifyInFull({ kinds });
    const report = run?.report ?? (await lab.verify({ kinds }));
    if (run && folder !== undefined) await write(folder, run);
    output.json('verify', { ...report, ...(folder !== undefined && { report: folder }) });
    const { verifyText } = await import('../report/verify.js');
    output.say(verifyText(report, { all, file: file ?? basename(lab.summary.file) }, output.style));
    sayWritten(folder, output);
    return report.failed === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

async function meshLab(lab: Lab, output: Output, folder: string | undefined): Promise<number> {
  try {
    const run = folder === undefined ? undefined : await lab.meshInFull();
    const report = run?.mesh ?? (await lab.mesh());
    if (run && folder !== undefined) await write(folder, run);
    output.json('mesh', { ...report, ...(folder !== undefined && { report: folder }) });
    const { meshText } = await import('../report/mesh.js');
    output.say(meshText(report, output.style));
    sayWritten(folder, output);
    return report.lost === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

async function write(folder: string, run: CheckedRun | MeshedRun): Promise<void> {
  const { writeReport } = await import('../index.js');
  await writeReport(folder, run);
}

function sayWritten(folder: string | undefined, output: Output): void {
  if (folder !== undefined) output.say(`${output.style.green('✓')} wrote ${join(folder, 'index.html')}`);
}
