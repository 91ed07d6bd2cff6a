/** What the maps and chains of one NAT are called, and what is in them. */
import type { Dependence } from '../../core/nat-words.js';
import type { ForwardMapping, MasqueradeMapping } from '../../model/lab.js';
import type { Named } from './parts.js';

export type Translator = {
  /** Tells the names of one mapping's maps and chains from those of others. */
  readonly id: number;
  readonly mapping: MasqueradeMapping;
  /** Ports of the shared addresses that lead to a host by themselves. */
  readonly forwards: readonly ForwardMapping[];
  /** For each address of the pool, the maps and sets that have ports of it which are not this mapping's. */
  readonly beside: readonly (readonly string[])[];
  readonly nameOf: (name: string) => string;
  /** What a rule's comment begins with: FILE:LINE. */
  readonly origin: string;
};

/** By what a mapping is known: `ct original` is what it was before any translation. */
export const keyOf = (mapping: Dependence): string =>
  [
    'meta l4proto',
    'ct original ip saddr',
    'ct original proto-src',
    ...(mapping === 'endpoint-independent' ? [] : ['ct original ip daddr']),
    ...(mapping === 'address-and-port-dependent' ? ['ct original proto-dst'] : []),
  ].join(' . ');

export const keyType = (mapping: Dependence): string =>
  [
    'inet_proto . ipv4_addr . inet_service',
    ...(mapping === 'endpoint-independent' ? [] : ['ipv4_addr']),
    ...(mapping === 'address-and-port-dependent' ? ['inet_service'] : []),
  ].join(' . ');

/** Where every flow is a mapping of its own, connection tracking knows it already. */
export const isPerFlow = ({ mapping }: Translator): boolean =>
  mapping.behaviour.mapping === 'address-and-port-dependent';

export const pairOf = (of: Translator): string =>
  isPerFlow(of)
    ? 'meta l4proto . ct reply proto-dst . ct id'
    : `ct reply proto-dst . ${keyOf(of.mapping.behaviour.mapping)}`;

export const ENDPOINT = 'ipv4_addr . inet_service';

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
export const permitSet = (name: string, filtering: Dependence): Named[] =>
  filtering === 'endpoint-independent'
    ? []
    : [
        {
          kind: 'set',
          name,
          type: `type inet_proto . ${ENDPOINT} . ipv4_addr${filtering === 'address-dependent' ? '' : ' . inet_service'}`,
        },
      ];

export const LEARN_HOOK = 'filter hook postrouting priority srcnat + 10; policy accept;';
