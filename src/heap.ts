/**
 * Settings of V8 (node --v8-options): room for young data that is collected often and does not grow, as short-lived data of a large lab
 * would otherwise be kept until tens of megabytes of it have come together; and code that is optimised only once it has run for long, as
 * what takes less than a second is over before that pays. To load node:v8 takes 2 ms: what is done in less than a tenth of a second does
 * without.
 */
import type { Kept } from './sys/bundle.js';
import { GROW_LITTLE, LATE_OPTIMISATION } from './sys/optimisation.js';

export function setHeap(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of ['--semi-space-growth-factor=1', LATE_OPTIMISATION]) setFlagsFromString(flag);
}

/** Before a bundle is opened: V8 takes back code that was kept under the same settings only. */
export function setHeapFor(kept: Kept): void {
  if (kept !== 'light') setHeap();
}

/** Machines, from which on memory is worth more than a seventh of the time. */
const LARGE = 500;

/** For commands that make much text of each machine. */
export function expectText(machines: number): void {
  if (machines >= LARGE) process.getBuiltinModule('node:v8').setFlagsFromString(GROW_LITTLE);
}
