/** A port of the outside address leads to a host inside. */
import type { ForwardMapping, Machine } from '../../model/lab.js';
import type { RuleBlock } from '../rule.js';

export function forwardRules(_: Machine, mapping: ForwardMapping): RuleBlock {
  const { protocol, ports, inside, toPort, outside, line } = mapping;
  const range = ports.first === ports.last ? `${ports.first}` : `${ports.first}-${ports.last}`;
  const shift = ports.last - ports.first;
  const target = { first: toPort, last: toPort + shift, from: ports.first };
  return {
    line,
    title: `forward: ${protocol}/${range} of ${mapping.public} on ${outside} to ${inside.machine} (${inside.address}:${toPort}${shift > 0 ? `-${target.last}` : ''})`,
    rules: [
      {
        chain: 'LABNET-DNAT',
        match: { destination: mapping.public, protocol, ports },
        action: { do: 'dnat', to: inside.address, ...(toPort !== ports.first && { ports: target }) },
        about: `${protocol}/${range} to ${inside.machine}`,
      },
    ],
  };
}
