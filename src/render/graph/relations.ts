/** How machines and segments of a lab stand to one another, as labelled edges: what a picture has to tell apart. */
import type { Machine, Mapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';

/** Keys are `m:NAME` and `s:NAME`, as a machine may be called what a segment is. */
export type Relation = { readonly from: string; readonly to: string; readonly label: string };

export const machineKey = (name: string): string => `m:${name}`;
export const segmentKey = (name: string): string => `s:${name}`;

export const relationsOf = (view: View): Relation[] =>
  view.lab.machines.flatMap((machine) => [
    ...machine.interfaces.map(({ segment }) => ({
      from: machineKey(machine.name),
      to: segmentKey(segment),
      label: 'on',
    })),
    ...routesOf(view, machine),
    ...machine.nat.flatMap((mapping) => mappedBy(machine, mapping)),
  ]);

/** The router that a route leads to, of those on that segment. */
export function nextHop(view: View, machine: Machine, via: string, on: string): string | undefined {
  const segment = machine.interfaces.find(({ name }) => name === on)?.segment;
  return segment === undefined ? undefined : view.ownerOn(segment, via)?.machine.name;
}

function routesOf(view: View, machine: Machine): Relation[] {
  return machine.routes
    .filter(({ origin, to }) => to === 'default' || origin === 'written')
    .flatMap(({ to, via, interface: on, family }) => {
      const hop = nextHop(view, machine, via, on);
      const label = `route${family} ${to}`;
      return hop === undefined ? [] : [{ from: machineKey(machine.name), to: machineKey(hop), label }];
    });
}

function mappedBy({ name }: Machine, mapping: Mapping): Relation[] {
  const from = machineKey(name);
  switch (mapping.kind) {
    case 'static':
      return [{ from, to: machineKey(mapping.inside.machine), label: 'static' }];
    case 'forward': {
      if (mapping.inside.machine === name) return [];
      const label = `forward ${mapping.protocol} ${mapping.ports.first}-${mapping.ports.last} ${mapping.toPort}`;
      return [{ from, to: machineKey(mapping.inside.machine), label }];
    }
    case 'masquerade':
    case 'nptv6': {
      const label = mapping.kind === 'nptv6' ? mapping.kind : `${mapping.preset} ${mapping.pool.length}`;
      return mapping.inside.map(({ segment }) => ({ from, to: segmentKey(segment), label }));
    }
  }
}
