/** Changes of a running lab's links, under its lock and on record. */
import type { Emit } from '../../core/events.js';
import { LabnetError } from '../../core/errors.js';
import { isError } from '../../core/diagnostic.js';
import { deepEqual } from '../../core/deep-equal.js';
import type { Lab } from '../../model/lab.js';
import { planLab } from '../../plan/build.js';
import type { Change } from '../../plan/diff.js';
import type { LabRecord } from '../../state/record.js';
import type { PlannedChange } from '../planned.js';
import { withReasons } from '../planned.js';
import type { RunningLab } from '../recorded.js';
import { makeRecorded } from '../recorded.js';
import { lockInTurn } from '../turn.js';
import type { LinkChange } from './change.js';
import { changedLinks } from './change.js';

export type LinksChanged = {
  readonly lab: Lab;
  readonly record: LabRecord;
  readonly changes: readonly PlannedChange[];
};

/**
 * Makes several changes of links in one step. Nothing else of the lab is inspected or changed.
 * @throws LabnetError exit code 2 for wrong changes; link-unsupported, before anything is changed
 */
export async function changeLinks(
  running: Pick<RunningLab, 'records' | 'record' | 'driver'>,
  changes: readonly LinkChange[],
  emit: Emit = () => undefined,
): Promise<LinksChanged> {
  const { records, record, driver } = running;
  const lock = await lockInTurn(records, record.name, emit);
  try {
    const before = records.readLab(record);
    const after = changes.reduce(changedLinks, before);
    const only = changedMachines(before, after);
    if (only.size === 0) return { lab: after, record, changes: [] };
    const refused = driver.room(after, before).filter(isError);
    if (refused.length > 0) throw new LabnetError(refused);
    const alter = (from: Lab, to: Lab) => alterOnly(running, { before: from, after: to, only }, emit);
    const { record: written, result } = await makeRecorded(running, {
      ...{ before, after },
      make: () => alter(before, after),
      undo: () => alter(after, before),
    });
    return { lab: after, record: written, changes: withReasons(result, before, after) };
  } finally {
    lock.release();
  }
}

type LinksChange = { readonly before: Lab; readonly after: Lab; readonly only: ReadonlySet<string> };

async function alterOnly(
  { record, driver }: Pick<RunningLab, 'record' | 'driver'>,
  change: LinksChange,
  emit: Emit,
): Promise<readonly Change[]> {
  const alteration = await driver.alter(record.runtime, {
    ...{ ...change, plan: planLab(change.after), emit },
    ...{ purpose: 'change', baseDir: '', options: {}, isWhole: record.complete },
  });
  try {
    return await alteration.apply();
  } finally {
    await alteration.close();
  }
}

function changedMachines(before: Lab, after: Lab): ReadonlySet<string> {
  const changed = after.machines.filter((machine, index) => !deepEqual(before.machines[index], machine));
  return new Set(changed.map(({ name }) => name));
}
