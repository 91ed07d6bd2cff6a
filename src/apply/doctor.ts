/** What this computer can run, with a one-line fix for what it cannot. */
import type { Diagnostic } from '../core/diagnostic.js';
import { linkNotes } from '../drivers/netns/links.js';
import { capacityText } from '../drivers/netns/room/capacity.js';
import { DEFAULT_DRIVER, driverNamed, driverNames } from '../drivers/registry.js';
import { readSetting } from '../sys/limits.js';

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

/** Facts that are no problems. */
function notes(): string[] {
  const limit = readSetting('net/ipv4/neigh/default/gc_thresh3') ?? 0;
  const room = capacityText();
  return [
    ...linkNotes(),
    ...(room === undefined ? [] : [`${room}; docs/limits.md has all limits`]),
    ...(limit > 0 && limit <= 1024
      ? [
          `the kernel's neighbour table holds ${limit} entries for all labs together; large labs install permanent ones, which do not count`,
        ]
      : []),
  ];
}
