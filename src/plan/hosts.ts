/**
 * The hosts file of a machine: every name with the address by which this machine reaches it. A host behind NAT is its
 * public address to those outside, as it would be in a DNS with views; NAME.SEGMENT is always the address there.
 */
import type { Family } from '../core/ip.js';
import type { Machine } from '../model/lab.js';
import type { Reach } from '../model/reach.js';
import { reachFrom } from '../model/reach.js';
import type { View } from '../model/view.js';
import { ownAddress } from '../model/view.js';

export function hostsFile(view: View, viewer: Machine): string {
  const lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback'];
  const reaches = { 4: reachFrom(view, viewer, 4), 6: reachFrom(view, viewer, 6) };
  for (const machine of view.lab.machines) {
    for (const family of [4, 6] as const) lines.push(...linesOf(view, machine, family, reaches[family]));
  }
  return `${lines.join('\n')}\n`;
}

function linesOf(view: View, machine: Machine, family: Family, reach: Reach): string[] {
  const named = machine.interfaces.flatMap((one) => {
    const address = ownAddress(one, family);
    return address === undefined ? [] : [{ name: `${machine.name}.${one.segment}`, address }];
  });
  const best = bestAddress(view, machine, family, reach) ?? named[0]?.address;
  return [
    ...(best === undefined ? [] : [`${best} ${machine.name}`]),
    ...named.map(({ name, address }) => `${address} ${name}`),
  ];
}

/** The address by which a machine is reached: its own where a way leads there untranslated, otherwise a public one. */
export function bestAddress(view: View, machine: Machine, family: Family, reach: Reach): string | undefined {
  const ranked = machine.interfaces
    .filter((one) => ownAddress(one, family) !== undefined && reach.segments.has(one.segment))
    .sort(
      (a, b) =>
        Number(reach.segments.get(a.segment) !== undefined) -
        Number(reach.segments.get(b.segment) !== undefined),
    );
  const [direct] = ranked;
  if (direct) return ownAddress(direct, family);
  return family === 4 ? publicAddress(view, machine, reach) : undefined;
}

/** Of a router that is reached, the address under which it publishes the machine, or a port of it. */
function publicAddress(view: View, machine: Machine, reach: Reach): string | undefined {
  const mappings = view.routers.filter(({ name }) => reach.routers.has(name)).flatMap(({ nat }) => nat);
  const of = (kind: 'static' | 'forward') =>
    mappings.find((one) => one.kind === kind && one.inside.machine === machine.name);
  return (of('static') ?? of('forward'))?.public;
}
