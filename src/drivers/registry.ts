/** The drivers by name: a new one is a folder beside this file and a line here. */
import { badInput } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { Driver, DriverOptions } from './driver.js';

const DRIVERS: Readonly<Record<string, () => Promise<Driver>>> = {
  netns: async () => (await import('./netns/index.js')).netns,
  ssh: async () => (await import('./ssh/index.js')).ssh,
  vagrant: async () => (await import('./vagrant/index.js')).vagrant,
};

export const DEFAULT_DRIVER = 'netns';
export const driverNames = (): string[] => Object.keys(DRIVERS);

export async function driverNamed(name: string): Promise<Driver> {
  const load = Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : undefined;
  if (!load)
    throw badInput(
      'driver-unknown',
      `there is no driver '${name}'`,
      didYouMean(name, driverNames(), 'drivers'),
    );
  return load();
}

/**
 * Where a driver would ignore the file, somebody might believe that the machines are those of it.
 * @throws LabnetError bad-usage
 */
export function requireSsh({
  driver = DEFAULT_DRIVER,
  sshConfig,
}: DriverOptions & { readonly driver?: string | undefined }): void {
  if (sshConfig === undefined || driver === 'ssh') return;
  throw badInput('bad-usage', `'--ssh-config' is not for the driver ${driver}`, "add '--driver ssh'");
}
