/** Changes of a running lab's NAT, under its lock and written down. */
import type { Driver } from '../../drivers/driver.js';
import type { Lab } from '../../model/lab.js';
import { lockLab } from '../../state/lock.js';
import type { LabRecord, Records } from '../../state/record.js';
import type { Session } from '../../transport/session.js';
import { goOn } from '../up.js';
import { awaitPortControl, forget, replaceRules, withBehaviour } from './change.js';
import { requireNat } from './probe.js';

export type Running = {
  readonly records: Records;
  readonly record: LabRecord;
  readonly driver: Driver;
  readonly connect: () => Promise<Session>;
};

const LOCK_WAIT = 10_000;

/** @returns the lab as it is now, and its record */
export async function setNat(
  running: Running,
  router: string,
  settings: readonly string[],
): Promise<{ readonly lab: Lab; readonly record: LabRecord }> {
  const { records, record, driver, connect } = running;
  const lock = await lockLab(records.root, record.name, LOCK_WAIT);
  try {
    const before = records.readLab(record);
    const lab = withBehaviour(before, router, settings);
    if (driver.lasting) {
      const creation = driver.begin(() => undefined, {});
      const made = await goOn({ lab, record, file: record.file, warnings: [] }, records, creation);
      return { lab, record: made.record };
    }
    const [was, is] = [before, lab].map(({ machines }) => machines.find(({ name }) => name === router));
    if (was && is) await replaceRules(await connect(), was, is, lab.file);
    const written = records.write(record, lab, records.folder(record.name));
    if (is) await awaitPortControl(await connect(), is);
    return { lab, record: written };
  } finally {
    lock.release();
  }
}

export async function flushNat({ connect }: Running, lab: Lab, router: string): Promise<void> {
  requireNat(lab, router);
  const machine = lab.machines.find(({ name }) => name === router);
  if (!machine) return;
  await forget(await connect(), machine, lab.file);
  await awaitPortControl(await connect(), machine);
}
