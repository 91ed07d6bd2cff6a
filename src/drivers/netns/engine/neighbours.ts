/** Permanent neighbour entries as messages, which are written once for all machines that know the same. */
import { Buffer } from 'node:buffer';
import { address as parse } from '../../../core/ip.js';
import { memoized, memoizedFor } from '../../../core/memo.js';
import type { Neighbour, Neighbourhood } from '../../../plan/neighbours.js';
import { Batch } from '../../../sys/netlink/message.js';
import { addNeighbour } from '../../../sys/netlink/route.js';

/** `places` says where the entries for each machine are, which are one behind the other. */
type Written = {
  readonly bytes: Buffer;
  readonly places: ReadonlyMap<string, { readonly from: number; readonly to: number }>;
};

const read = memoized(parse);
/** By the index of the interface: it is the same for most. */
const writtenFor = memoizedFor<readonly Neighbour[], Map<number, Written>>(() => new Map());

/** Adds the entries of a machine for an interface. */
export function addNeighbours(batch: Batch, index: number, { machine, of }: Neighbourhood): void {
  const { bytes, places } = written(of, index);
  const own = places.get(machine) ?? { from: bytes.length, to: bytes.length };
  batch.add(bytes.subarray(0, own.from)).add(bytes.subarray(own.to));
}

function written(of: readonly Neighbour[], index: number): Written {
  const known = writtenFor(of);
  const found = known.get(index) ?? write(of, index);
  known.set(index, found);
  return found;
}

function write(of: readonly Neighbour[], index: number): Written {
  const batch = new Batch();
  const places = new Map<string, { from: number; to: number }>();
  for (const { machine, address, mac } of of) {
    const from = places.get(machine)?.from ?? batch.length;
    addNeighbour(batch, index, read(address), mac);
    places.set(machine, { from, to: batch.length });
  }
  return { bytes: Buffer.from(batch.bytes), places };
}
