/** Changes of a running lab's NAT, under its lock and on record. */
import { hasCode } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import { planLab } from '../../plan/build.js';
import type { LabRecord } from '../../state/record.js';
import type { RunningLab } from '../recorded.js';
import { makeRecorded } from '../recorded.js';
import { baseDirOf } from '../topology-file.js';
import { lockInTurn } from '../turn.js';
import { awaitPortControl, forget, replaceRules, withBehaviour } from './change.js';
import { requireNat } from './probe.js';

/** @returns the lab as it is now, and its record */
export async function setNat(
  running: RunningLab,
  router: string,
  settings: readonly string[],
): Promise<{ readonly lab: Lab; readonly record: LabRecord }> {
  const { records, record, driver } = running;
  const lock = await lockInTurn(records, record.name, () => undefined);
  try {
    const before = records.readLab(record);
    const after = withBehaviour(before, router, settings);
    const set = driver.lasting ? setInScript : setRules;
    return { lab: after, record: await set(running, { before, after, router }) };
  } finally {
    lock.release();
  }
}

type NatChange = { readonly before: Lab; readonly after: Lab; readonly router: string };

async function setRules(running: RunningLab, { before, after, router }: NatChange): Promise<LabRecord> {
  const [was, is] = [requireNat(before, router), requireNat(after, router)];
  const session = await running.connectToChange();
  try {
    const { record } = await makeRecorded(running, {
      ...{ before, after },
      make: () => replaceRules(session, was, is, after.file),
      undo: () => replaceRules(session, is, was, after.file),
    });
    await awaitPortControl(session, is);
    return record;
  } finally {
    await session.close();
  }
}

/** On real machines the router's setup script is replaced, so that the change survives a reboot. */
async function setInScript(running: RunningLab, { before, after, router }: NatChange): Promise<LabRecord> {
  const only = running.record.complete ? [router] : undefined;
  const { record } = await makeRecorded(running, {
    ...{ before, after, complete: true },
    make: () => setUp(running, after, only),
    // Only where the router answered with an error: one that cannot be reached cannot be set back either.
    undo: async (error) => {
      if (hasCode(error, 'guest-failed')) await setUp(running, before, only);
    },
  });
  return record;
}

async function setUp(
  { driver, record, records }: RunningLab,
  lab: Lab,
  only: readonly string[] | undefined,
): Promise<void> {
  const creation = driver.begin(() => undefined, {});
  await creation.create(lab, planLab(lab), {
    label: records.folder(lab.name),
    baseDir: baseDirOf(record.file),
    ...(only && { only }),
    save: () => undefined,
  });
  await creation.commit();
}

export async function flushNat({ connect }: RunningLab, lab: Lab, router: string): Promise<void> {
  const machine = requireNat(lab, router);
  await forget(await connect(), machine, lab.file);
  await awaitPortControl(await connect(), machine);
}
