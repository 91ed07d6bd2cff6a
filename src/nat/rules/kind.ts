/** Which tool says a NAT's behaviour: iptables where its targets have the very words for it, nftables for the rest. */
import type { MasqueradeMapping, StaticMapping } from '../../model/lab.js';

/** MASQUERADE --random-fully, shut to what was not asked for, is a symmetric NAT; all else needs state of its own. */
export const needsNftables = ({ behaviour, pool, portControl }: MasqueradeMapping): boolean =>
  behaviour.mapping !== 'address-and-port-dependent' ||
  behaviour.filtering !== 'address-and-port-dependent' ||
  behaviour.ports !== 'random' ||
  behaviour.seed !== undefined ||
  behaviour.hairpin ||
  !behaviour.icmpErrors ||
  portControl !== undefined ||
  pool.length > 1;

export const isFiltered = ({ filtering }: StaticMapping): boolean => filtering !== undefined;
