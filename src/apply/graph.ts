/** The lab that a picture is of: a file's, or one that runs. */
import { existsSync } from 'node:fs';
import { LabnetError } from '../core/errors.js';
import type { Lab } from '../model/lab.js';
import type { GraphFormat } from '../render/graph/index.js';
import { renderGraph } from '../render/graph/index.js';
import { chooseFile, topologyFiles } from './folder.js';
import { findLab, openRecords } from './labs.js';
import type { StateOptions } from './labs.js';
import { loadTopology } from './topology-file.js';

export type GraphOptions = StateOptions & {
  /** Default: svg. */
  readonly format?: GraphFormat | undefined;
  /** Every machine by itself, and every mapping. */
  readonly all?: boolean | undefined;
};

/**
 * @param wanted a file, or the name of a lab that runs; default: the only file in the folder, or the only lab
 * @throws LabnetError of a topology that is none, or where it is not known which lab is meant
 */
export async function drawGraph(
  wanted: string | undefined,
  { format = 'svg', all, stateDir }: GraphOptions = {},
): Promise<{ readonly lab: Lab; readonly text: string }> {
  const lab = isFile(wanted) ? (await loadTopology(chooseFile(wanted))).lab : await running(wanted, stateDir);
  return { lab, text: await renderGraph(lab, format, { all }) };
}

const isFile = (wanted: string | undefined): boolean =>
  wanted === undefined ? topologyFiles().length === 1 : /\.ya?ml$|\//.test(wanted) || existsSync(wanted);

async function running(wanted: string | undefined, stateDir: string | undefined): Promise<Lab> {
  const records = openRecords({ stateDir });
  try {
    return records.readLab(await findLab(records, wanted));
  } catch (error) {
    // Without a lab either, what is missing is a file.
    if (
      wanted === undefined &&
      error instanceof LabnetError &&
      error.diagnostics[0]?.code === 'lab-not-found'
    )
      chooseFile(undefined);
    throw error;
  }
}
