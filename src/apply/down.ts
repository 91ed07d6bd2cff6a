/** Takes a lab down: first what runs, then its record. */
import type { Emit } from '../core/events.js';
import { driverNamed, driverNames } from '../drivers/registry.js';
import type { LabRecord, Records } from '../state/record.js';
import { lockInTurn } from './turn.js';

export type DownOptions = {
  readonly emit?: Emit | undefined;
  /** Removes the record even where machines cannot be reached; what the lab set up in those machines stays. */
  readonly forget?: boolean | undefined;
};

export async function takeDown(
  records: Records,
  record: LabRecord,
  { emit = () => undefined, forget = false }: DownOptions = {},
): Promise<void> {
  await underLock(records, record.name, emit, async () => {
    // Read again under the lock: another labnet may have replaced the lab meanwhile.
    const current = records.read(record.name);
    if (current?.created !== record.created) return;
    const driver = await driverNamed(current.driver);
    try {
      await driver.destroy(current.runtime, emit);
    } catch (error) {
      if (!forget) throw error;
    }
    records.remove(current.name);
  });
}

/** For a lab whose record cannot be read: what runs is found by the folder of the record. */
export async function takeDownUnread(records: Records, name: string, emit: Emit): Promise<void> {
  await underLock(records, name, emit, async () => {
    for (const driver of driverNames())
      await (await driverNamed(driver)).destroyLabelled(records.folder(name));
    records.remove(name);
  });
}

async function underLock(
  records: Records,
  name: string,
  emit: Emit,
  work: () => Promise<void>,
): Promise<void> {
  const lock = await lockInTurn(records, name, emit);
  try {
    await work();
  } finally {
    lock.release();
  }
}
