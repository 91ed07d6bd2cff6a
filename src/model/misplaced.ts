/** Whether a segment's subnet has an address for a machine, or for a NAT that answers there. */
import type { Address, Prefix } from '../core/ip.js';
import { contains, hostRange, lastOf, sameAddress, sizeOf } from '../core/ip.js';

export const MISPLACED = {
  'address-outside-segment': 'not in',
  'network-address': 'the network address of',
  'broadcast-address': 'the broadcast address of',
} as const;

export type Misplaced = keyof typeof MISPLACED;

export function misplaced(prefix: Prefix, address: Address): Misplaced | undefined {
  if (!contains(prefix, address)) return 'address-outside-segment';
  const { first: low } = hostRange(prefix);
  if (address.value < low.value) return 'network-address';
  return prefix.family === 4 && sizeOf(prefix) > 2n && sameAddress(address, lastOf(prefix))
    ? 'broadcast-address'
    : undefined;
}
