/** What the maps and chains of one NAT are called, and what is in them. */
import type { Family } from '../../core/ip.js';
import type { Dependence } from '../../core/nat-words.js';
import type { ForwardMapping, MasqueradeMapping } from '../../model/lab.js';
import type { Named } from './parts.js';

export type Translator = {
  /** Tells the names of one mapping's maps and chains from those of others. */
  readonly id: number;
  readonly mapping: MasqueradeMapping;
  /** Ports of the shared addresses that lead to a host by themselves. */
  readonly forwards: readonly ForwardMapping[];
  /** Of these, those that lead to the router itself. */
  readonly own: readonly ForwardMapping[];
  /** For each address of the pool, the maps and sets that have ports of it which are not this mapping's. */
  readonly beside: readonly (readonly string[])[];
  /** Addresses that the same hosts are seen under by another NAT of the router, and not by this one. */
  readonly others: readonly string[];
  readonly nameOf: (name: string) => string;
  /** What a rule's comment begins with: FILE:LINE. */
  readonly origin: string;
  readonly words: Words;
};

/** What nft(8) calls a family's header, addresses and ICMP. */
export type Words = {
  readonly ip: 'ip' | 'ip6';
  readonly address: 'ipv4_addr' | 'ipv6_addr';
  readonly icmp: 'icmp' | 'ipv6-icmp';
};

export const WORDS: Readonly<Record<Family, Words>> = {
  4: { ip: 'ip', address: 'ipv4_addr', icmp: 'icmp' },
  6: { ip: 'ip6', address: 'ipv6_addr', icmp: 'ipv6-icmp' },
};

/** Where every flow is a mapping of its own, connection tracking knows it already. */
export const isPerFlow = ({ mapping }: Translator): boolean =>
  mapping.behaviour.mapping === 'address-and-port-dependent';

const endpointType = ({ address }: Words): string => `${address} . inet_service`;

/** The map of one address of the pool. */
export const portsName = ({ id, mapping }: Pick<Translator, 'id' | 'mapping'>, index: number): string =>
  mapping.pool.length === 1 ? `ports${id}` : `ports${id}_${index + 1}`;

/** The ports of that map alone: kernels before 6.10 or so ask no map whether it has something. */
export const takenName = (of: Pick<Translator, 'id' | 'mapping'>, index: number): string =>
  portsName(of, index).replace('ports', 'taken');

/** The forwarded ports of one address of the pool. */
export const reservedName = (of: Pick<Translator, 'id' | 'mapping'>, index: number): string =>
  portsName(of, index).replace('ports', 'reserved');

/** As an element of a set, ranges too. */
export const forwardedPorts = ({ protocol, ports: { first, last } }: ForwardMapping): string =>
  `${protocol} . ${first === last ? first : `${first}-${last}`}`;

/** The ports that inside hosts have had opened, to their endpoints. */
export const openedName = (id: number): string => `opened${id}`;
/** Of these the ports alone. */
export const openName = (id: number): string => `open${id}`;

/** An endpoint of this side, and whom it has sent to. */
export const permitSet = (name: string, filtering: Dependence, words: Words): Named[] =>
  filtering === 'endpoint-independent'
    ? []
    : [
        {
          kind: 'set',
          name,
          type: `type inet_proto . ${endpointType(words)} . ${words.address}${filtering === 'address-dependent' ? '' : ' . inet_service'}`,
        },
      ];

export const LEARN_HOOK = 'filter hook postrouting priority srcnat + 10; policy accept;';
