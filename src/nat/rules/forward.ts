/** A port of the outside address leads to a host inside. */
import type { ForwardMapping, Machine } from '../../model/lab.js';
import { isHairpin, outsideInterfaces } from '../../model/view.js';
import type { RuleBlock } from '../rule.js';

export function forwardRules(router: Machine, mapping: ForwardMapping): RuleBlock {
  const { protocol, ports, inside, toPort, outside, line } = mapping;
  const range = ports.first === ports.last ? `${ports.first}` : `${ports.first}-${ports.last}`;
  const shift = ports.last - ports.first;
  const target = { first: toPort, last: toPort + shift, from: ports.first };
  // Half of a translation, where nobody is to come back from inside, would be answered past the router.
  const from = isHairpin(router, mapping) ? [{}] : outsideInterfaces(router, 4).map((name) => ({ in: name }));
  return {
    line,
    title: `forward: ${protocol}/${range} of ${mapping.public} on ${outside} to ${inside.machine} (${inside.address}:${toPort}${shift > 0 ? `-${target.last}` : ''})`,
    rules: from.map((where) => ({
      chain: 'LABNET-DNAT',
      match: { ...where, destination: mapping.public, protocol, ports },
      action: { do: 'dnat', to: inside.address, ...(toPort !== ports.first && { ports: target }) },
      about: `${protocol}/${range} to ${inside.machine}`,
    })),
  };
}
