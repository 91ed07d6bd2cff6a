/** Tables of ports for choices that the kernel does not offer: in order, by a seed, or of one parity. */
import { count } from '../core/text.js';
import type { Behaviour } from './behaviour.js';
import { FIRST_PORT, LAST_PORT, PORTS_THERE } from './behaviour.js';

/** Entries of a table: few enough for an ordinary user to load in one batch, in the time of a few rules. */
export const ENTRIES = 2_048;

/** One port after the other. */
export const inOrder = (): number[] => Array.from({ length: ENTRIES }, (_, index) => FIRST_PORT + index);

/** Ports in random order, each at most once; the same for the same seed. */
export function drawn(seed: number, parity?: 0 | 1): number[] {
  const next = xorshift(seed);
  const ports = new Set<number>();
  while (ports.size < ENTRIES) {
    const port = FIRST_PORT + (next() % PORTS_THERE);
    if (parity === undefined || port % 2 === parity) ports.add(port);
  }
  return [...ports];
}

/** The block of ports of a subscriber, by its number from 0 among those that share one address. */
export const blockOf = (index: number, size: number): { readonly first: number; readonly last: number } => ({
  first: FIRST_PORT + index * size,
  last: Math.min(LAST_PORT, FIRST_PORT + (index + 1) * size - 1),
});

/** An error text where there are not enough ports for a block for each subscriber. */
export function blockShortage(
  { ports, blockSize }: Behaviour,
  addresses: number,
  subscribers: number,
): string | undefined {
  const room = Math.floor(PORTS_THERE / blockSize) * addresses;
  return ports !== 'blocks' || subscribers <= room
    ? undefined
    : `${count(subscribers, 'subscriber')} with blocks of ${blockSize} ports: there is room for ${room}`;
}

/** G. Marsaglia: Xorshift RNGs, Journal of Statistical Software 8 (2003): 32 bits, here without the sign. */
function xorshift(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
