/** What labs this computer has room for now, in words. */
import { capacityOf } from '../../../plan/capacity.js';
import { MAX_COUNT } from '../../../topology/schema.js';
import { readRoom } from './read.js';

export function capacityText(): string | undefined {
  const found = capacityOf(readRoom());
  if (!found) return undefined;
  const { machines, noun, where } = found;
  return machines >= MAX_COUNT
    ? `room for the ${MAX_COUNT} machines of the largest lab that labnet brings up`
    : `room for about ${machines} machines more on namespaces: what there is the least of is ${noun} (${where})`;
}
