/** A report as the files of a folder. */
import type { CheckedRun, MeshedRun } from '../apply/report/collect.js';
import type { NewFile, OwnFile } from '../transport/replace.js';
import { isMarked } from '../transport/replace.js';
import { junitXml } from './junit.js';
import { schemaName } from './outputs.js';
import { PAGE_MARK, reportPage } from './page/index.js';
import { runOfChecks, runOfMesh } from './run.js';
import { tapText } from './tap.js';

/** How labnet recognises its own files of an earlier run. */
const OWN = {
  'index.html': isMarked(PAGE_MARK),
  'junit.xml': isMarked('<!-- labnet verify --report -->'),
  'results.tap': isMarked('# labnet verify --report'),
  'results.json': isMarked('{"schema":"labnet.'),
} as const;

export const REPORT_FILES: readonly OwnFile[] = Object.entries(OWN).map(([name, isOwn]) => ({ name, isOwn }));

export async function reportFiles(collected: CheckedRun | MeshedRun): Promise<NewFile[]> {
  const isMesh = 'mesh' in collected;
  const run = isMesh ? runOfMesh(collected) : runOfChecks(collected);
  const results = isMesh
    ? { schema: schemaName('mesh'), ...collected.mesh }
    : { schema: schemaName('verify'), ...collected.report };
  const content: Record<keyof typeof OWN, string> = {
    'index.html': await reportPage(run),
    'junit.xml': junitXml(run),
    'results.tap': tapText(run),
    'results.json': `${JSON.stringify(results)}\n`,
  };
  return (Object.keys(OWN) as (keyof typeof OWN)[]).map((name) => ({
    name,
    isOwn: OWN[name],
    content: content[name],
  }));
}
