/** The watched lab, which is looked up again when it has changed or ended. */
import type { Driver } from '../../drivers/driver.js';
import { driverNamed } from '../../drivers/registry.js';
import type { Watched } from '../../core/sample.js';
import type { Lab } from '../../model/lab.js';
import type { LabRecord, Records } from '../../state/record.js';
import { isRunning } from '../labs.js';

export type Target = {
  readonly record: LabRecord;
  readonly lab: Lab;
  readonly driver: Driver;
  readonly watched: Watched;
};

export async function targetOf(records: Records, record: LabRecord): Promise<Target> {
  const lab = records.readLab(record);
  return { record, lab, driver: await driverNamed(record.driver), watched: watchedOf(lab) };
}

const watchedOf = ({ machines }: Lab): Watched => ({
  interfaces: machines.flatMap(({ name: machine, interfaces }) =>
    interfaces.map(({ name }, position) => ({ machine, name, position })),
  ),
  routers: machines.filter(({ nat }) => nat.length > 0).map(({ name }) => name),
});

/** Whether a lab has changed or ended since it was looked up. */
export async function fateOf(records: Records, { record }: Target): Promise<'same' | 'gone' | LabRecord> {
  const now = records.read(record.name);
  if (!now || !(await isRunning(now))) return 'gone';
  return now.lab === record.lab && now.created === record.created ? 'same' : now;
}
