/**
 * Plans a full mesh: which host asks which, and at which address. Hosts that differ only in their address are of one kind. The path
 * between two kinds is computed once, so that the effort grows with the number of kinds, and the plan with the number of hosts.
 */
import type { MeshHost } from '../../core/mesh.js';
import type { Lab, Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { bare, familyOf, viewOf } from '../../model/view.js';
import { walk } from '../../model/walk.js';
import { reachOf } from '../checks/common.js';

export type MeshPlan = {
  readonly hosts: readonly MeshHost[];
  readonly choice: readonly (readonly number[])[];
  /** Ordered pairs without a path from one to the other. */
  readonly apart: number;
};

/** An address of a host; `segment` where it is its own there. */
type Candidate = { readonly address: string; readonly segment?: string };
type Known = { readonly machine: Machine; readonly candidates: readonly Candidate[] };

export function planMesh(lab: Lab): MeshPlan {
  const view = viewOf(lab);
  const published = publishedBy(view);
  const kinds = new Map<string, Known[]>();
  const numbers = new Map<string, number>();
  const hosts = view.hosts.map((machine): MeshHost => {
    const candidates = [
      ...ownOf(machine),
      ...(published.get(machine.name) ?? []).map(({ address }) => ({ address })),
    ];
    const key = kindOf(machine, published.get(machine.name) ?? []);
    const alike = kinds.get(key) ?? [];
    alike.push({ machine, candidates });
    if (alike.length === 1) kinds.set(key, alike);
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return {
      machine: machine.name,
      kind: numbers.get(key) ?? 0,
      addresses: candidates.map(({ address }) => address),
    };
  });
  const all = [...kinds.values()];
  const choice = all.map(([one], from) =>
    all.map((others, to) => {
      const other = others[from === to ? 1 : 0];
      return one && other ? chosen(view, one, other) : -1;
    }),
  );
  const sizes = all.map(({ length }) => length);
  const apart = choice.reduce(
    (sum, row, from) =>
      sum + row.reduce((inRow, way, to) => inRow + (way < 0 ? pairs(sizes, from, to) : 0), 0),
    0,
  );
  return { hosts, choice, apart };
}

const pairs = (sizes: readonly number[], from: number, to: number): number =>
  (sizes[from] ?? 0) * ((sizes[to] ?? 0) - (from === to ? 1 : 0));

const ownOf = ({ interfaces }: Machine): Candidate[] =>
  interfaces.flatMap(({ segment, addresses }) =>
    addresses.map((address) => ({ address: bare(address), segment })),
  );

type Published = { readonly address: string; readonly by: string };

/** The public addresses of hosts, by name. */
function publishedBy({ routers }: View): Map<string, Published[]> {
  const found = new Map<string, Published[]>();
  for (const { name, nat } of routers)
    for (const one of nat) {
      if (one.kind !== 'static') continue;
      const by = JSON.stringify([name, one.via, one.onSegment, one.hairpin, familyOf(one.public)]);
      const known = found.get(one.inside.machine) ?? [];
      if (known.length === 0) found.set(one.inside.machine, known);
      known.push({ address: one.public, by });
    }
  return found;
}

/** Everything that the paths to and from a host depend on, except its address. */
const kindOf = ({ interfaces, routes }: Machine, published: readonly Published[]): string =>
  JSON.stringify([
    interfaces.map(({ name, segment, addresses }) => [name, segment, addresses.map((one) => familyOf(one))]),
    routes.map(({ to, via, interface: on }) => [to, via, on]),
    published.map(({ by }) => by),
  ]);

/** The first address of `other` with a path there and back. */
const chosen = (view: View, one: Known, other: Known): number =>
  other.candidates.findIndex(({ address, segment }) => {
    const isNear =
      segment === undefined || reachOf(view, one.machine, familyOf(address)).segments.has(segment);
    return isNear && isAnswered(view, one.machine, other.machine, address);
  });

function isAnswered(view: View, from: Machine, to: Machine, address: string): boolean {
  const way = walk(view, from, address);
  if (way.dropped !== undefined || way.end !== to.name || way.source === '') return false;
  const back = walk(view, to, way.source);
  // An isolating router lets answers through to packets that it has forwarded.
  const isKnown = back.isIsolated === true && way.hops.some(({ machine }) => machine === back.end);
  return back.dropped === undefined || isKnown;
}
