/** Which tool says a NAT's behaviour: iptables where its targets have the very words for it, nftables for the rest. */
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

/** Whether a router has a table of nftables' at all. */
export const hasTable = (router: Machine): boolean =>
  router.nat.some((one) =>
    one.kind === 'masquerade' ? needsNftables(router, one) : one.kind === 'static' && isFiltered(one),
  );

export const isFiltered = ({ filtering }: StaticMapping): boolean => filtering !== undefined;
