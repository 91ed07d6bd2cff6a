/** Links that are otherwise from now on, while the lab runs: under its lock and written down. */
import type { Emit } from '../../core/events.js';
import { LabnetError } from '../../core/errors.js';
import { isError } from '../../core/diagnostic.js';
import { alike } from '../../core/alike.js';
import type { Lab } from '../../model/lab.js';
import { planLab } from '../../plan/build.js';
import type { LabRecord } from '../../state/record.js';
import type { PlannedChange } from '../planned.js';
import { begun } from '../alter.js';
import { reasoned } from '../planned.js';
import type { Running } from '../nat/running.js';
import { lockInTurn } from '../turn.js';
import type { LinkChange } from './change.js';
import { changedLinks } from './change.js';

export type LinksChanged = {
  readonly lab: Lab;
  readonly record: LabRecord;
  readonly changes: readonly PlannedChange[];
};

type Bearer = Pick<Running, 'records' | 'record' | 'driver'>;

/**
 * Nothing else of the lab is looked at or touched; several changes are one step.
 * @throws LabnetError exit code 2 for changes that are none; link-unsupported where the kernel cannot, and nothing is changed
 */
export async function changeLinks(
  { records, record, driver }: Bearer,
  changes: readonly LinkChange[],
  emit: Emit = () => undefined,
): Promise<LinksChanged> {
  const lock = await lockInTurn(records, record.name, emit);
  try {
    const before = records.readLab(record);
    const after = changes.reduce(changedLinks, before);
    const only = touched(before, after);
    if (only.size === 0) return { lab: after, record, changes: [] };
    const refused = driver.room(after, before).filter(isError);
    if (refused.length > 0) throw new LabnetError(refused);
    return await makeSo({ records, record, driver }, { before, after, only }, emit);
  } finally {
    lock.release();
  }
}

type Making = {
  readonly before: Lab;
  readonly after: Lab;
  /** The machines that are otherwise. */
  readonly only: ReadonlySet<string>;
};

/** Where it cannot be made, all is as it was before. */
async function makeSo(
  { records, record, driver }: Bearer,
  { before, after, only }: Making,
  emit: Emit,
): Promise<LinksChanged> {
  const alter = (from: Lab, to: Lab) =>
    driver.alter(record.runtime, {
      ...{ before: from, after: to, plan: planLab(to), only, emit },
      ...{ purpose: 'change', baseDir: '', options: {}, isWhole: record.complete },
    });
  const alteration = await alter(before, after);
  const folder = records.folder(record.name);
  try {
    records.write(begun(record), after, folder);
    const changes = reasoned(await alteration.apply(), before, after);
    return { lab: after, record: records.write(record, after, folder), changes };
  } catch (error) {
    await alteration.close();
    records.write(record, before, folder);
    await putBack(() => alter(after, before));
    throw error;
  } finally {
    await alteration.close();
  }
}

async function putBack(alter: () => ReturnType<Running['driver']['alter']>): Promise<void> {
  const back = await alter();
  try {
    await back.apply();
  } catch {
    // The record is of what it was: whoever brings it up or looks at it next finds the difference.
  } finally {
    await back.close();
  }
}

function touched(before: Lab, after: Lab): ReadonlySet<string> {
  const changed = after.machines.filter((machine, index) => !alike(before.machines[index], machine));
  return new Set(changed.map(({ name }) => name));
}
