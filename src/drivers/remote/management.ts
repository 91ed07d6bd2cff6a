/** The network over which a machine is reached is nobody's to make a lab of: what the lab has for its own cannot be reached past it. */
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { cidr, formatPrefix, overlaps } from '../../core/ip.js';
import type { Lab } from '../../model/lab.js';
import { bare, viewOf } from '../../model/view.js';
import { prefixesOf } from '../../render/guest-network.js';

/**
 * @param seen what LOOK prints: `ip -o address`, and a line `ssh CLIENT PORT SERVER PORT` as in SSH_CONNECTION of ssh(1)
 * @returns what is wrong; undefined where nothing is, or it cannot be told
 */
export function managementTrouble(lab: Lab, machine: string, seen: string): Diagnostic | undefined {
  const [, server] = /^ssh \S+ \S+ (\S+) /m.exec(seen) ?? [];
  if (server === undefined) return undefined;
  const found = [...seen.matchAll(/^\d+: (\S+) +inet6? (\S+)/gm)].map(([, device = '', address = '']) => ({
    device: device.replace(/@.*/, ''),
    address,
  }));
  const device = found.find(({ address }) => bare(address) === server)?.device;
  const own = lab.machines.find(({ name }) => name === machine)?.interfaces ?? [];
  // That one is told of by its script, which knows the interfaces.
  if (own.some(({ addresses }) => addresses.some((address) => bare(address) === server))) return undefined;
  const there = found.filter((one) => one.device === device && one.address.includes('/'));
  for (const wanted of prefixesOf(viewOf(lab))) {
    const hit = there.find(({ address }) => overlaps(wanted, cidr(address).prefix));
    if (hit === undefined) continue;
    const { prefix } = cidr(hit.address);
    return diagnostic(
      'management-overlap',
      `${machine} is reached by SSH over ${formatPrefix(prefix)} (${bare(hit.address)} on ${hit.device}), which the lab has as ${formatPrefix(wanted)}`,
      { fix: 'give the segment another subnet: the machine could no longer reach that network' },
    );
  }
  return undefined;
}
