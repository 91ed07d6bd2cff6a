/** Which tool implements a NAT's behaviour: iptables where its targets can, nftables otherwise. */
import type { Family } from '../../core/ip.js';
import { mappingFamily } from '../../model/view.js';
import type { Machine, MasqueradeMapping, StaticMapping } from '../../model/lab.js';

/** MASQUERADE --random-fully with a filter is a symmetric NAT; every other behaviour needs state that nftables keeps in sets. */
const isBeyondIptables = ({ behaviour, pool, portControl }: MasqueradeMapping): boolean =>
  behaviour.mapping !== 'address-and-port-dependent' ||
  behaviour.filtering !== 'address-and-port-dependent' ||
  behaviour.ports !== 'random' ||
  behaviour.seed !== undefined ||
  behaviour.hairpin ||
  !behaviour.icmpErrors ||
  portControl !== undefined ||
  pool.length > 1;

/** Mappings that share an address share its ports, so one tool must manage both. */
export const needsNftables = ({ nat }: Machine, mapping: MasqueradeMapping): boolean =>
  nat.some(
    (one) =>
      one.kind === 'masquerade' && (one === mapping || isShared(one, mapping)) && isBeyondIptables(one),
  );

const isShared = (one: MasqueradeMapping, other: MasqueradeMapping): boolean =>
  one.pool.some((address) => other.pool.includes(address));

/** Whether a router needs labnet's nftables table for an address family. */
export const hasTable = (router: Machine, family: Family): boolean =>
  router.nat.some((one) =>
    mappingFamily(one) !== family
      ? false
      : one.kind === 'masquerade'
        ? needsNftables(router, one)
        : one.kind === 'static' && isFiltered(one),
  );

/** Whether a router translates packets of an address family. */
export const hasRules = ({ nat }: Machine, family: Family): boolean =>
  nat.some((mapping) => mappingFamily(mapping) === family);

/** The name of the mapping's kind in the topology. */
export const wordOf = (mapping: MasqueradeMapping): 'masquerade' | 'nat66' =>
  mappingFamily(mapping) === 4 ? 'masquerade' : 'nat66';

export const isFiltered = ({ filtering }: StaticMapping): boolean => filtering !== undefined;
