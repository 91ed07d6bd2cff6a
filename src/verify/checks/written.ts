/** The checks a topology writes down: ping, tcp, udp, with or without seen-as, blocked and path. */
import type { Machine, WrittenCheck } from '../../model/lab.js';
import { namesakeOf, namesakeText } from '../../model/namesake.js';
import type { View } from '../../model/view.js';
import { ownAddress } from '../../model/view.js';
import type { Walk } from '../../model/walk.js';
import { walk } from '../../model/walk.js';
import { bestAddress } from '../../plan/hosts.js';
import type { Check } from '../check.js';
import { firstAddress, reachOf } from './common.js';

export type Resolved = {
  readonly check: WrittenCheck;
  /** Unique in the lab, as a check with a counted name is made for each of its machines. */
  readonly id: string;
  readonly from: Machine;
  readonly to: string;
  readonly way: Walk;
  /** The destination, if it is known: the machine that is named, or the one that the address leads to. */
  readonly target: string;
  /** Why no packet of the source can reach the machine that is named. */
  readonly hindrance?: string;
};

export function writtenChecks(view: View, ...kinds: WrittenCheck['kind'][]): Resolved[] {
  return view.lab.checks.flatMap((check, index) =>
    kinds.includes(check.kind) ? resolve(view, check, index) : [],
  );
}

/** @param make makes the check of packets that can reach their destination */
export const checksOf = (
  view: View,
  kinds: readonly WrittenCheck['kind'][],
  make: (resolved: Resolved) => Check,
): Check[] => writtenChecks(view, ...kinds).map((resolved) => hindered(make(resolved), resolved.hindrance));

/** Nothing is sent, as another machine would answer. */
const hindered = (check: Check, hindrance: string | undefined): Check =>
  hindrance === undefined
    ? check
    : {
        ...check,
        ...{ probes: [], listeners: [], captures: [] },
        judge: () => ({ status: 'error', observed: hindrance, evidence: [] }),
      };

function resolve(view: View, check: WrittenCheck, index: number): Resolved[] {
  const from = view.machines.get(check.from);
  const to = from && addressOf(view, from, check);
  if (!from || to === undefined) return [];
  const way = walk(view, from, to, check.protocol ?? 'icmp', check.to.port);
  const owner = view.owners(to)[0]?.machine.name;
  const target = check.to.machine ?? (way.dropped === undefined ? way.end : (owner ?? way.end));
  const meant = check.to.machine ?? from.name;
  const namesake = meant === from.name ? undefined : namesakeOf(view, way, { meant, address: to });
  const hindrance = namesake === undefined ? undefined : namesakeText(from, meant, to, namesake);
  return [
    { check, id: `check/${index + 1}`, from, to, way, target, ...(hindrance !== undefined && { hindrance }) },
  ];
}

/** The address of a name as the source knows it; for an unreachable machine its own address. */
function addressOf(view: View, from: Machine, { to }: WrittenCheck): string | undefined {
  if (to.address !== undefined) return to.address;
  const machine = view.machines.get(to.machine ?? '');
  if (!machine) return undefined;
  const on = machine.interfaces.find(({ segment }) => segment === to.segment);
  if (on) return ownAddress(on, 4) ?? ownAddress(on, 6);
  return (
    bestAddress(view, machine, 4, reachOf(view, from, 4)) ??
    bestAddress(view, machine, 6, reachOf(view, from, 6)) ??
    firstAddress(machine)
  );
}
