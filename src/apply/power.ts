/** Machines of a running lab that are switched off and on, under its lock. */
import { failure } from '../core/errors.js';
import type { Lab } from '../model/lab.js';
import type { RunningLab } from './recorded.js';
import { lockInTurn } from './turn.js';

/** @throws LabnetError driver-unavailable */
export async function powerMachine(
  { records, record, driver }: RunningLab,
  lab: Lab,
  machine: string,
  isOn: boolean,
): Promise<void> {
  if (!driver.power)
    throw failure(
      'driver-unavailable',
      `the driver ${driver.name} cannot switch machines off and on`,
      `stop and start ${machine} by other means, or use a lab of namespaces`,
    );
  const lock = await lockInTurn(records, record.name, () => undefined);
  try {
    await driver.power(lab, record.runtime, machine, isOn);
  } finally {
    lock.release();
  }
}
