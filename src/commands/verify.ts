import type { Command } from '@commander-js/extra-typings';
import { basename } from 'node:path';
import type { Lab } from '../index.js';
import type { Output } from './context.js';
import { common, run } from './context.js';

export function defineVerify(program: Command): void {
  common(program.command('verify'), 'labnet verify virtual-wan')
    .description('prove that a running lab behaves as written')
    .argument('[lab]', 'its name or file; default: the only one that runs')
    .option('--only <kinds>', 'only these kinds of check, such as gateway,published')
    .option('--mesh', 'instead: every host asks every other that it reaches')
    .option('--all', 'list every check, also of a large lab')
    .action((wanted, { only, all, mesh, stateDir, ...options }) =>
      run(options, async (output) => {
        const { Lab } = await import('../index.js');
        const lab = await Lab.open(wanted, { stateDir });
        if (mesh === true) return meshLab(lab, output);
        return verifyLab(lab, output, { all: all === true, kinds: only?.split(',') });
      }),
    );
}

type View = { readonly all: boolean; readonly file?: string; readonly kinds?: readonly string[] | undefined };

/** Verifies, prints and lets go of the lab; 1 where a check failed. */
export async function verifyLab(lab: Lab, output: Output, { all, file, kinds }: View): Promise<number> {
  try {
    const report = await lab.verify({ kinds });
    output.json('verify', report);
    const { verifyText } = await import('../report/verify.js');
    output.say(verifyText(report, { all, file: file ?? basename(lab.summary.file) }, output.style));
    return report.failed === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

async function meshLab(lab: Lab, output: Output): Promise<number> {
  try {
    const report = await lab.mesh();
    output.json('mesh', report);
    const { meshText } = await import('../report/mesh.js');
    output.say(meshText(report, output.style));
    return report.lost === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}
