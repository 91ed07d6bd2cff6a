/** A port of the outside address leads to a host inside. */
import type { ForwardMapping, Machine } from '../../model/lab.js';
import { isHairpin, isOwnPort, mappingFamily, outsideInterfaces } from '../../model/view.js';
import type { Rule, RuleBlock } from '../rule.js';
import { needsNftables } from './kind.js';

export function forwardRules(router: Machine, mapping: ForwardMapping): RuleBlock {
  const { protocol, ports, inside, toPort, outside, line } = mapping;
  const range = ports.first === ports.last ? `${ports.first}` : `${ports.first}-${ports.last}`;
  const shift = ports.last - ports.first;
  const target = { first: toPort, last: toPort + shift, from: ports.first };
  // Half of a translation, where nobody is to come back from inside, would be answered past the router.
  const from = isHairpin(router, mapping)
    ? [{}]
    : outsideInterfaces(router, mappingFamily(mapping)).map((name) => ({ in: name }));
  const isThere = isOwnPort(router, mapping) && toPort === ports.first;
  return {
    line,
    title: `forward: ${protocol}/${range} of ${mapping.public} on ${outside} to ${inside.machine} (${inside.address}:${toPort}${shift > 0 ? `-${target.last}` : ''})`,
    // A program of the router itself may have it as it is.
    rules: [
      ...(isThere ? [] : from).map((where): Rule => ({
        chain: 'LABNET-DNAT',
        match: { ...where, destination: mapping.public, protocol, ports },
        action: { do: 'dnat', to: inside.address, ...(toPort !== ports.first && { ports: target }) },
        about: `${protocol}/${range} to ${inside.machine}`,
      })),
      ...(isShutOut(router, mapping) ? [openRule(mapping, range)] : []),
    ],
  };
}

/** Whether iptables drops what comes to the router's own address; where nftables does, it knows the port itself. */
const isShutOut = (router: Machine, mapping: ForwardMapping): boolean =>
  isOwnPort(router, mapping) &&
  router.nat.some(
    (one) =>
      one.kind === 'masquerade' && one.pool.includes(mapping.inside.address) && !needsNftables(router, one),
  );

/** Seen behind the translation, where there is one. */
const openRule = ({ protocol, ports, inside, toPort, via }: ForwardMapping, range: string): Rule => ({
  chain: 'LABNET-INPUT',
  match: {
    ...{ destination: inside.address, in: via, protocol },
    ports: { first: toPort, last: toPort + ports.last - ports.first },
    ...(toPort !== ports.first && { states: ['DNAT'] }),
  },
  action: { do: 'accept' },
  about: `${protocol}/${range} is open`,
});
