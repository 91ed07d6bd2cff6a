/** Finds labs by name or file, and removes the records of labs that have ended. */
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { badInput, hasCode, LabnetError } from '../core/errors.js';
import { didYouMean, list } from '../core/suggest.js';
import { driverNamed } from '../drivers/registry.js';
import type { LabRecord } from '../state/record.js';
import { Records } from '../state/record.js';
import { findLastingRoot, findStateRoot } from '../state/root.js';
import { topologyFiles } from './folder.js';

export type StateOptions = {
  /** The folder for the records of labs; default: LABNET_STATE_DIR, or the user's runtime folder. */
  readonly stateDir?: string | undefined;
};

export const openRecords = ({ stateDir }: StateOptions = {}): Records =>
  new Records(findStateRoot(stateDir), findLastingRoot(stateDir));

export async function isRunning({ driver, runtime }: LabRecord): Promise<boolean> {
  return (await driverNamed(driver)).isRunning(runtime);
}

/** `foreign`: a diagnostic for each lab that is not this labnet's to touch. */
type Labs = { readonly running: readonly LabRecord[]; readonly foreign: readonly Diagnostic[] };

/** Looks at each record once, and removes those of labs that have ended. */
export async function lookThrough(records: Records): Promise<Labs> {
  const running: LabRecord[] = [];
  const foreign: Diagnostic[] = [];
  for (const name of records.traces()) {
    const found = await look(records, name);
    if (found === 'gone') await sweep(records, name);
    else if (found !== 'unreadable' && 'record' in found) running.push(found.record);
    else if (found !== 'unreadable') foreign.push(...found.foreign.diagnostics);
  }
  return { running, foreign };
}

/**
 * A lab with an unreadable record can only be taken down, by name. A lab of a newer labnet, or one in another container, is
 * left alone.
 */
type Found = { readonly record: LabRecord } | 'gone' | 'unreadable' | Foreign;
type Foreign = { readonly foreign: LabnetError };

async function look(records: Records, name: string): Promise<Found> {
  try {
    const record = records.read(name);
    return record && (await isRunning(record)) ? { record } : 'gone';
  } catch (error) {
    return isForeign(error) ? { foreign: error } : 'unreadable';
  }
}

const isForeign = (error: unknown): error is LabnetError => hasCode(error, 'state-newer', 'lab-elsewhere');

/** Whether a lab has a record that cannot be read. */
export const isUnreadable = async (records: Records, name: string): Promise<boolean> =>
  records.names().includes(name) && (await look(records, name)) === 'unreadable';

/** Removes the record of a lab that has ended, unless another labnet is working on it. */
async function sweep(records: Records, name: string): Promise<void> {
  const { lockLab } = await import('../state/lock.js');
  const lock = await lockLab(records.root, name).catch(() => undefined);
  if (!lock) return;
  try {
    if ((await look(records, name)) !== 'gone') return;
    const record = records.read(name);
    if (record) await endRest(record);
    records.remove(name);
  } finally {
    lock.release();
  }
}

/** Ends the holder process of a lab whose `up` was killed. */
async function endRest({ driver: name, runtime }: LabRecord): Promise<void> {
  const driver = await driverNamed(name);
  if (!driver.lasting) await driver.destroy(runtime, () => undefined);
}

/** The lab with this name or file; without either, the one in LABNET_LAB or the only one that runs. */
export async function findLab(records: Records, wanted: string | undefined): Promise<LabRecord> {
  const { running: labs, foreign } = await lookThrough(records);
  const named = wanted ?? process.env['LABNET_LAB'];
  if (named !== undefined && named !== '') return findNamed(records, labs, named);
  const [only, ...more] = labs;
  if (only && more.length + foreign.length === 0) return only;
  if (!only && foreign.length > 0) throw new LabnetError(foreign);
  if (!only) throw badInput('lab-not-found', 'no lab is running', "bring one up: 'labnet up FILE'");
  return (await findByFolder(records, labs)) ?? ambiguous(labs, foreign);
}

/** @throws LabnetError state-newer, lab-elsewhere */
async function refuseForeign(records: Records, name: string): Promise<void> {
  if (!records.names().includes(name)) return;
  const found = await look(records, name);
  if (typeof found === 'object' && 'foreign' in found) throw found.foreign;
}

async function findNamed(records: Records, labs: readonly LabRecord[], named: string): Promise<LabRecord> {
  await refuseForeign(records, named);
  const found =
    labs.find(({ name }) => name === named) ??
    (/\.ya?ml$|\//.test(named) ? await findByFile(records, labs, named) : undefined);
  if (found) return found;
  const names = labs.map(({ name }) => name);
  throw badInput(
    'lab-not-found',
    `no lab '${named}' is running`,
    names.length > 0
      ? didYouMean(named, names, 'running labs')
      : "no lab is running: 'labnet up FILE' brings one up",
  );
}

async function findByFile(
  records: Records,
  labs: readonly LabRecord[],
  path: string,
): Promise<LabRecord | undefined> {
  const { checkTopology } = await import('./topology-file.js');
  const { lab, file } = await checkTopology(path);
  if (lab) await refuseForeign(records, lab.name);
  return labs.find((one) => one.file === file) ?? labs.find(({ name }) => name === lab?.name);
}

async function findByFolder(records: Records, labs: readonly LabRecord[]): Promise<LabRecord | undefined> {
  const [only, ...more] = topologyFiles();
  return only !== undefined && more.length === 0 ? findByFile(records, labs, only) : undefined;
}

function ambiguous(labs: readonly LabRecord[], foreign: readonly Diagnostic[]): never {
  const message = `several labs are running: ${list(labs.map(({ name }) => name))}`;
  const fix = 'name one: as an argument, with --lab, or in LABNET_LAB';
  throw new LabnetError([diagnostic('lab-ambiguous', message, { fix }), ...foreign], 2);
}
