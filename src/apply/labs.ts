/** The labs there are: found by name or file, and swept up where their process is gone. */
import { badInput } from '../core/errors.js';
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

/** The running labs, by name. What dead ones left behind is removed on the way. */
export async function runningLabs(records: Records): Promise<LabRecord[]> {
  const found: LabRecord[] = [];
  for (const name of records.traces()) {
    const record = tryRead(records, name);
    if (record === 'unreadable') continue;
    if (record && (await isRunning(record))) found.push(record);
    else await sweep(records, name);
  }
  return found;
}

/** An unreadable record is no running lab to anybody but `down`, which is told its name. */
function tryRead(records: Records, name: string): LabRecord | 'unreadable' | undefined {
  try {
    return records.read(name);
  } catch {
    return 'unreadable';
  }
}

/** Whether a lab has a record, but one that says nothing. */
export const isUnreadable = (records: Records, name: string): boolean =>
  records.names().includes(name) && tryRead(records, name) === 'unreadable';

/** Removes the record of a lab whose process is gone, unless another labnet is just at it. */
async function sweep(records: Records, name: string): Promise<void> {
  const { lockLab } = await import('../state/lock.js');
  const lock = await lockLab(records.root, name).catch(() => undefined);
  if (!lock) return;
  try {
    const record = tryRead(records, name);
    if (record !== 'unreadable' && !(record && (await isRunning(record)))) records.remove(name);
  } finally {
    lock.release();
  }
}

/** The lab that is meant: by name, by file, or the only one there is. */
export async function findLab(records: Records, wanted: string | undefined): Promise<LabRecord> {
  const labs = await runningLabs(records);
  const named = wanted ?? process.env['LABNET_LAB'];
  if (named !== undefined && named !== '') return findNamed(labs, named);
  const [only, ...more] = labs;
  if (only && more.length === 0) return only;
  if (!only) throw badInput('lab-not-found', 'no lab is running', "bring one up: 'labnet up FILE'");
  return (await findByFolder(labs)) ?? ambiguous(labs);
}

async function findNamed(labs: readonly LabRecord[], named: string): Promise<LabRecord> {
  const found =
    labs.find(({ name }) => name === named) ??
    (/\.ya?ml$|\//.test(named) ? await findByFile(labs, named) : undefined);
  if (found) return found;
  const names = labs.map(({ name }) => name);
  throw badInput(
    'lab-not-found',
    `no lab '${named}' is running`,
    names.length > 0 ? didYouMean(named, names, 'running labs') : "no lab is: 'labnet up FILE'",
  );
}

async function findByFile(labs: readonly LabRecord[], path: string): Promise<LabRecord | undefined> {
  const { checkTopology } = await import('./topology-file.js');
  const { lab, file } = await checkTopology(path);
  return labs.find((one) => one.file === file) ?? labs.find(({ name }) => name === lab?.name);
}

async function findByFolder(labs: readonly LabRecord[]): Promise<LabRecord | undefined> {
  const [only, ...more] = topologyFiles();
  return only !== undefined && more.length === 0 ? findByFile(labs, only) : undefined;
}

function ambiguous(labs: readonly LabRecord[]): never {
  throw badInput(
    'lab-ambiguous',
    `several labs are running: ${list(labs.map(({ name }) => name))}`,
    'name one: as an argument, with --lab, or in LABNET_LAB',
  );
}
