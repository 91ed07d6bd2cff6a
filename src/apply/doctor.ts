/** What this machine can run, and the one-line fix for what it cannot. */
import { readFileSync } from 'node:fs';
import type { Diagnostic } from '../core/diagnostic.js';
import { DEFAULT_DRIVER, driverNamed, driverNames } from '../drivers/registry.js';

export type DriverHealth = { readonly driver: string; readonly problems: readonly Diagnostic[] };
export type Health = {
  /** Whether the default driver can run. */
  readonly ready: boolean;
  readonly drivers: readonly DriverHealth[];
  readonly notes: readonly string[];
};

export async function doctor(): Promise<Health> {
  const drivers = await Promise.all(
    driverNames().map(async (driver) => ({ driver, problems: await (await driverNamed(driver)).probe() })),
  );
  const problems = drivers.find(({ driver }) => driver === DEFAULT_DRIVER)?.problems ?? [];
  return { ready: problems.length === 0, drivers, notes: notes() };
}

/** What is no problem, and good to know. */
function notes(): string[] {
  const limit = Number(readSetting('net/ipv4/neigh/default/gc_thresh3'));
  return limit > 0 && limit <= 1024
    ? [
        `the kernel's neighbour table holds ${limit} entries for all labs together; large labs install permanent ones, which do not count`,
      ]
    : [];
}

function readSetting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
