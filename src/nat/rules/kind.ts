/** Which tool says a NAT's behaviour: iptables where its targets have the very words for it, nftables for the rest. */
import type { Family } from '../../core/ip.js';
import { mappingFamily } from '../../model/view.js';
import type { Machine, MasqueradeMapping, StaticMapping } from '../../model/lab.js';

/** MASQUERADE --random-fully, shut to what was not asked for, is a symmetric NAT; all else needs state of its own. */
const isBeyondIptables = ({ behaviour, pool, portControl }: MasqueradeMapping): boolean =>
  behaviour.mapping !== 'address-and-port-dependent' ||
  behaviour.filtering !== 'address-and-port-dependent' ||
  behaviour.ports !== 'random' ||
  behaviour.seed !== undefined ||
  behaviour.hairpin ||
  !behaviour.icmpErrors ||
  portControl !== undefined ||
  pool.length > 1;

/** Two that share an address share its ports too: who has which is in one place then. */
export const needsNftables = ({ nat }: Machine, mapping: MasqueradeMapping): boolean =>
  nat.some(
    (one) =>
      one.kind === 'masquerade' && (one === mapping || isShared(one, mapping)) && isBeyondIptables(one),
  );

const isShared = (one: MasqueradeMapping, other: MasqueradeMapping): boolean =>
  one.pool.some((address) => other.pool.includes(address));

/** Whether a router has a table of nftables' at all, of a family. */
export const hasTable = (router: Machine, family: Family): boolean =>
  router.nat.some((one) =>
    mappingFamily(one) !== family
      ? false
      : one.kind === 'masquerade'
        ? needsNftables(router, one)
        : one.kind === 'static' && isFiltered(one),
  );

/** Whether a router translates anything of a family. */
export const hasRules = ({ nat }: Machine, family: Family): boolean =>
  nat.some((mapping) => mappingFamily(mapping) === family);

/** What the topology calls it. */
export const wordOf = (mapping: MasqueradeMapping): 'masquerade' | 'nat66' =>
  mappingFamily(mapping) === 4 ? 'masquerade' : 'nat66';

export const isFiltered = ({ filtering }: StaticMapping): boolean => filtering !== undefined;
