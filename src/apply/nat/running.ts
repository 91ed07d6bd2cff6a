/** Changes of a running lab's NAT, under its lock and written down. */
import { LabnetError } from '../../core/errors.js';
import type { Driver } from '../../drivers/driver.js';
import type { Lab } from '../../model/lab.js';
import type { LabRecord, Records } from '../../state/record.js';
import type { Session } from '../../transport/session.js';
import { begun } from '../alter.js';
import { lockInTurn } from '../turn.js';
import { goOn } from '../up.js';
import { awaitPortControl, forget, replaceRules, withBehaviour } from './change.js';
import { requireNat } from './probe.js';

export type Running = {
  readonly records: Records;
  readonly record: LabRecord;
  readonly driver: Driver;
  readonly connect: () => Promise<Session>;
  /** One that changes the lab, for the caller to close. */
  readonly connectToChange: () => Promise<Session>;
};

/** @returns the lab as it is now, and its record */
export async function setNat(
  running: Running,
  router: string,
  settings: readonly string[],
): Promise<{ readonly lab: Lab; readonly record: LabRecord }> {
  const { records, record, driver } = running;
  const lock = await lockInTurn(records, record.name, () => undefined);
  try {
    const before = records.readLab(record);
    const lab = withBehaviour(before, router, settings);
    if (driver.lasting) return { lab, record: await setUpAgain(running, before, lab, router) };
    return { lab, record: await setRules(running, before, lab, router) };
  } finally {
    lock.release();
  }
}

async function setRules(
  { record, records, connectToChange }: Running,
  before: Lab,
  after: Lab,
  router: string,
): Promise<LabRecord> {
  const [was, is] = [before, after].map(({ machines }) => machines.find(({ name }) => name === router));
  if (!was || !is) return record;
  const folder = records.folder(record.name);
  const session = await connectToChange();
  try {
    records.write(begun(record), after, folder);
    try {
      await replaceRules(session, was, is, after.file);
    } catch (error) {
      records.write(record, before, folder);
      throw error;
    }
    const written = records.write(record, after, folder);
    await awaitPortControl(session, is);
    return written;
  } finally {
    await session.close();
  }
}

/** By the router's own script, so that it lasts; the others are left alone, unless some were never set up. */
async function setUpAgain(
  { driver, record, records }: Running,
  before: Lab,
  after: Lab,
  router: string,
): Promise<LabRecord> {
  const setUp = async (lab: Lab): Promise<LabRecord> => {
    const whole = { lab, record, file: record.file, warnings: [] };
    const only = record.complete ? [router] : undefined;
    return (
      await goOn(
        whole,
        records,
        driver.begin(() => undefined, {}),
        only,
      )
    ).record;
  };
  try {
    return await setUp(after);
  } catch (error) {
    if (isRefused(error)) await setUp(before).catch(() => undefined);
    throw error;
  }
}

/** By the router, which answers: it is as it was once it is told to. */
const isRefused = (error: unknown): boolean =>
  error instanceof LabnetError && error.diagnostics.some(({ code }) => code === 'guest-failed');

export async function flushNat({ connect }: Running, lab: Lab, router: string): Promise<void> {
  requireNat(lab, router);
  const machine = lab.machines.find(({ name }) => name === router);
  if (!machine) return;
  await forget(await connect(), machine, lab.file);
  await awaitPortControl(await connect(), machine);
}
