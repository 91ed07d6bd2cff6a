/** What of a virtual machine is decided when it is made, and cannot be changed in one that has booted. */
import { failure } from '../../core/errors.js';
import type { Machine } from '../../model/lab.js';
import type { AlterSite } from '../remote/alter.js';

/** @throws LabnetError lab-changed with what would need other machines than those that are there */
export function requireInPlace({ before, after }: Pick<AlterSite, 'before' | 'after'>): void {
  const old = new Map(before.machines.map((machine) => [machine.name, machine]));
  const found = after.machines.flatMap((machine) => {
    const was = old.get(machine.name);
    return was === undefined ? [] : faultsOf(was, machine);
  });
  if (found.length === 0) return;
  throw failure(
    'lab-changed',
    ['machines that have booted cannot be changed in this:', ...found.map((fault) => `  ${fault}`)].join('\n'),
    `make them anew under another name, or all of it: 'labnet down ${after.name}', then 'labnet up'`,
  );
}

function faultsOf(was: Machine, machine: Machine): string[] {
  const { name } = machine;
  const cards = (one: Machine): string[] => one.interfaces.map(({ segment }) => segment);
  const [old, now] = [cards(was), cards(machine)];
  const missing = now.filter((segment) => !old.includes(segment));
  const gone = old.filter((segment) => !now.includes(segment));
  return [
    ...missing.map((segment) => `${name}: it has no network card on ${segment}`),
    ...gone.map((segment) => `${name}: its network card is on ${segment}`),
    ...(JSON.stringify(was.vagrant ?? {}) === JSON.stringify(machine.vagrant ?? {})
      ? []
      : [`${name}: what is below 'vagrant' is another`]),
  ];
}
