/** Makes a running lab what its file says, in place; where that fails it is again what it was. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emit } from '../core/events.js';
import { diagnostic } from '../core/diagnostic.js';
import { deepEqual } from '../core/deep-equal.js';
import { failure, hasCode, LabnetError } from '../core/errors.js';
import type { Alter, Driver, DriverOptions } from '../drivers/driver.js';
import type { Lab } from '../model/lab.js';
import { planLab } from '../plan/build.js';
import type { LabRecord, Records } from '../state/record.js';
import type { Stale } from './stale.js';
import { mergeStale, forgetCommands, staleIn } from './stale.js';
import type { PlannedChange } from './planned.js';
import { withReasons } from './planned.js';
import { wasWhole } from './recorded.js';
import { requireRoom } from './room.js';
import { baseDirOf } from './topology-file.js';

export type Altered = { readonly record: LabRecord; readonly changes: readonly PlannedChange[] };

export async function alterLab(after: Lab, known: LabRecord, options: AlterOptions): Promise<Altered> {
  const { records, driver, file, emit, signal, alter = driver.alter } = options;
  const before = records.readLab(known);
  requireRoom(driver, after, emit, before);
  const folder = records.folder(known.name);
  const { stale: left = {}, ...record } = known;
  const save = (lab: Lab, complete: boolean, from: string, stale: Stale): LabRecord =>
    records.write(
      { ...record, file: from, complete, ...(!complete && wasWhole(known) && { stale }) },
      lab,
      folder,
    );
  const site = { purpose: 'change', baseDir: baseDirOf(file), options, emit } as const;
  const { complete: isWhole, runtime } = known;
  const alteration = await alter(runtime, { before, isWhole, after, plan: planLab(after), ...site });
  const stop = (): void => void alteration.close();
  signal?.addEventListener('abort', stop);
  try {
    if (isWritten(known, before, after, options) && (await alteration.inspect()).length === 0)
      return { record: known, changes: [] };
    // From here on the record is of what is to be: who finds it half made goes on from there.
    const stale = mergeStale(left, staleIn(before, after));
    save(after, false, file, stale);
    const changes = await alteration.apply();
    await forgetStale(driver, stale, after, known);
    if (signal?.aborted === true) throw failure('interrupted', 'stopped before it was done');
    return { record: save(after, true, file, {}), changes: withReasons(changes, before, after) };
  } catch (error) {
    await alteration.close();
    const hasBegun = alteration.hasBegun();
    await undo({ known, before, after, left, hasBegun, save }, options, error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await alteration.close();
  }
}

/** Whether all that is to be written down is: of a lab that is looked at as soon as it is changed. */
const isWritten = (
  { complete, file: from }: LabRecord,
  before: Lab,
  after: Lab,
  { driver, file }: AlterOptions,
): boolean => !driver.lasting && complete && from === file && deepEqual(before, after);

type Undo = {
  readonly known: LabRecord;
  readonly before: Lab;
  readonly after: Lab;
  readonly left: Stale;
  readonly hasBegun: boolean;
  readonly save: (lab: Lab, complete: boolean, from: string, stale: Stale) => LabRecord;
};

/** @throws LabnetError with `why` and what became of the lab, where it is not what it was */
async function undo(
  { known, before, after, left, hasBegun, save }: Undo,
  { records, driver, file, emit }: AlterOptions,
  why: unknown,
): Promise<void> {
  const folder = records.folder(known.name);
  if (!hasBegun) return void records.write(known, before, folder);
  // A lab that was never whole, or is as it was but for what somebody did to it, is nothing to go back to.
  if (!hasPast(known, before, after)) return void records.write({ ...known, file }, after, folder);
  const stale = mergeStale(left, staleIn(after, before));
  save(before, false, known.file, stale);
  const { complete: isWhole } = known;
  const site = { purpose: 'change', baseDir: baseDirOf(known.file), options: {}, emit } as const;
  // Of the machines that are the same in both, none was made another.
  const back = { before: after, isWhole, after: before, plan: planLab(before), ...site };
  await takeBack(driver, { known, back, stale }, why);
  save(before, true, known.file, {});
}

const hasPast = (known: LabRecord, before: Lab, after: Lab): boolean =>
  wasWhole(known) && (known.stale !== undefined || JSON.stringify(before) !== JSON.stringify(after));

async function forgetStale(driver: Driver, stale: Stale, lab: Lab, { runtime }: LabRecord): Promise<void> {
  const commands = forgetCommands(stale, lab);
  if (commands.length === 0) return;
  const session = await driver.connect(lab, runtime);
  try {
    const failed = (await session.run(commands)).find(({ exitCode }) => exitCode !== 0);
    if (failed)
      throw failure(
        'step-failed',
        `connections of removed NAT mappings could not be deleted: ${failed.error ?? failed.stderr.trim()}`,
      );
  } finally {
    await session.close();
  }
}

export type AlterOptions = DriverOptions & {
  readonly records: Records;
  readonly driver: Driver;
  /** The topology file, absolute; empty for one that is none. */
  readonly file: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  /** In place of the driver's own: with what was started up for it. */
  readonly alter?: Driver['alter'] | undefined;
};

type Return = {
  readonly known: LabRecord;
  readonly back: Alter;
  readonly stale: Stale;
};

/** How often and how long it is waited for what the kernel takes back by and by, such as namespaces; milliseconds. */
const TRIES = 5;
const PAUSE = 200;

/** @param why the lab could not be changed */
async function takeBack(driver: Driver, back: Return, why: unknown, tries = TRIES): Promise<void> {
  try {
    await putBack(driver, back);
  } catch (error) {
    if (tries > 1 && hasCode(error, 'no-room')) {
      await sleep(PAUSE);
      return takeBack(driver, back, why, tries - 1);
    }
    const left = diagnostic('lab-changed', `lab ${back.known.name} could not be changed, nor changed back`, {
      fix: `'labnet up' with either file continues from here, 'labnet down ${back.known.name}' takes it down`,
    });
    throw new LabnetError([...(why instanceof LabnetError ? why.diagnostics : []), left], 1, {
      cause: error,
    });
  }
}

async function putBack(driver: Driver, { known, back, stale }: Return): Promise<void> {
  const { after: lab } = back;
  const alteration = await driver.alter(known.runtime, { ...back, emit: () => undefined });
  try {
    await alteration.apply();
    await forgetStale(driver, stale, lab, known);
  } finally {
    await alteration.close();
  }
}
