import type { Command } from '@commander-js/extra-typings';
import { basename, join } from 'node:path';
import { badInput } from '../core/errors.js';
import type { CheckedRun, Lab, MeshedRun } from '../index.js';
import type { Output } from './context.js';
import { common, LAB_ARGUMENT } from './common.js';
import { run } from './context.js';

export function defineVerify(program: Command): void {
  common(program.command('verify'), 'labnet verify virtual-wan')
    .description('check with real packets that a running lab behaves as its topology says')
    .argument(...LAB_ARGUMENT)
    .option('--only <kinds>', 'only these kinds of check, such as gateway,published')
    .option('--mesh', 'instead of checks: send a packet from every host to every other one it should reach')
    .option('--all', 'list every check, even of a large lab')
    .option(
      '--report <folder>',
      'also write an HTML page, JUnit XML, TAP and JSON to this folder (docs/report.md)',
    )
    .option('--bundle <file>', "also write the whole run to one file, for 'labnet replay' (docs/bundle.md)")
    .action((wanted, { only, all, mesh, stateDir, report, bundle, ...options }) =>
      run(options, async (output) => {
        const { Lab } = await import('../index.js');
        const { refuseBundle, refuseReport } = await import('./local.js');
        if (mesh === true && bundle !== undefined)
          throw badInput(
            'bad-usage',
            'a bundle can hold checks, but not a mesh',
            'leave out --mesh or --bundle',
          );
        if (mesh === true && only !== undefined)
          throw badInput('bad-usage', 'a mesh has no kinds of check', 'leave out --mesh or --only');
        if (report !== undefined) await refuseReport(report);
        if (bundle !== undefined) await refuseBundle(bundle);
        const lab = await Lab.open(wanted, { stateDir });
        if (mesh === true) return meshLab(lab, output, report);
        return verifyLab(lab, output, {
          all: all === true,
          kinds: only?.split(/[, ]+/).filter((kind) => kind !== ''),
          folder: report,
          bundle,
        });
      }),
    );
}

type View = {
  readonly all: boolean;
  readonly file?: string;
  readonly kinds?: readonly string[] | undefined;
  /** The folder for a report. */
  readonly folder?: string | undefined;
  /** The file for a bundle. */
  readonly bundle?: string | undefined;
};

/** Verifies the lab, prints the results and closes the lab. Returns 1 where a check failed. */
export async function verifyLab(
  lab: Lab,
  output: Output,
  { all, file, kinds, folder, bundle }: View,
): Promise<number> {
  try {
    // Checked first, so that no finished run is lost to a file that cannot be written.
    if (bundle !== undefined) await lab.topologyText();
    const isKept = folder !== undefined || bundle !== undefined;
    const run = isKept ? await lab.verifyInFull({ kinds }) : undefined;
    const report = run?.report ?? (await lab.verify({ kinds }));
    if (run && folder !== undefined) await write(folder, run);
    if (run && bundle !== undefined) {
      const { writeBundle } = await import('../index.js');
      await writeBundle(bundle, await lab.bundle(run, kinds));
    }
    output.json('verify', {
      ...report,
      ...(folder !== undefined && { report: folder }),
      ...(bundle !== undefined && { bundle }),
    });
    const { verifyText } = await import('../report/verify.js');
    output.say(verifyText(report, { all, file: file ?? basename(lab.summary.file) }, output.style));
    sayWritten(folder && join(folder, 'index.html'), output);
    sayWritten(bundle, output);
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
    sayWritten(folder && join(folder, 'index.html'), output);
    return report.lost === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

async function write(folder: string, run: CheckedRun | MeshedRun): Promise<void> {
  const { writeReport } = await import('../index.js');
  await writeReport(folder, run);
}

function sayWritten(path: string | undefined, output: Output): void {
  if (path !== undefined) output.say(`${output.style.green('✓')} wrote ${path}`);
}
