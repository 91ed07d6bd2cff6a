/** Draws a lab, from its file or as it runs. */
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
  /** Shows every machine and every NAT mapping, where a large lab would be grouped. */
  readonly all?: boolean | undefined;
};

/**
 * @param wanted a topology file, or the name of a running lab; default: the only file in the folder, or the only lab
 * @throws LabnetError exit code 2 for mistakes in the topology, or where several labs could be meant
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
    // With neither a file nor a lab, the error should ask for a file.
    if (
      wanted === undefined &&
      error instanceof LabnetError &&
      error.diagnostics[0]?.code === 'lab-not-found'
    )
      chooseFile(undefined);
    throw error;
  }
}
