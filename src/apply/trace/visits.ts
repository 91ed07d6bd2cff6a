/** Puts the sightings of one packet in the order of its path: pure. */
import type { TracedPacket } from './result.js';
import type { HookPacket, Passage } from './rule-trace.js';
import type { Sighting } from './sightings.js';

/** A packet's stay in one machine. */
export type Visit = {
  readonly machine: string;
  /** Left out where the packet began. */
  readonly in?: Sighting;
  /** Left out where the packet ended, or was not seen to leave. */
  readonly out?: Sighting;
  /** Its rule trace; left out if rules were not watched. */
  readonly passage?: Passage;
};

/** Maps a machine's interfaces to the segments of the lab. */
export type SegmentOf = (machine: string, on: string) => string | undefined;

export type Seen = {
  /** Of one packet, by time. */
  readonly sightings: readonly Sighting[];
  /** By machine. */
  readonly passages: ReadonlyMap<string, readonly Passage[]>;
  readonly segmentOf: SegmentOf;
};

const MOST_VISITS = 300;

/**
 * @param start the machine that sends it, whether or not it was seen to leave
 * @param begins whether a packet that was never seen to leave there is this one
 */
export function visitsFrom(
  start: string,
  { sightings, passages, segmentOf }: Seen,
  begins: (packet: HookPacket) => boolean,
): Visit[] {
  const left = new Set(sightings);
  const waiting = new Map([...passages].map(([machine, all]) => [machine, [...all]]));
  const take = (fits: (one: Sighting) => boolean): Sighting | undefined => {
    const found = [...left].find(fits);
    if (found) left.delete(found);
    return found;
  };
  const first =
    take(({ machine, direction }) => machine === start && direction === 'out') ?? toItself(start, left);
  const begun = takePassage(waiting.get(start), (one) => beganHere(one, first?.packet, begins));
  const visits: Visit[] = [visitOf(start, undefined, first, begun)];
  for (let last = first; last && visits.length < MOST_VISITS; last = visits.at(-1)?.out) {
    const from = last;
    const came = take((one) => one.direction === 'in' && isNext(from, one, segmentOf));
    if (!came) break;
    const { machine, packet } = came;
    const out = take((one) => one.machine === machine && one.direction === 'out' && wentOn(came, one));
    const passage = takePassage(waiting.get(machine), (one) => isPassageOf(one, came));
    visits.push(visitOf(machine, came, out ?? undefined, passage));
    if (packet.ttl === 0) break;
  }
  return visits;
}

/** A packet from a machine to itself is captured once, on arrival. */
function toItself(start: string, left: ReadonlySet<Sighting>): Sighting | undefined {
  const came = [...left].find(({ machine, interface: on }) => machine === start && on === 'lo');
  return came && { ...came, direction: 'out' };
}

const visitOf = (machine: string, came?: Sighting, out?: Sighting, passage?: Passage): Visit => ({
  machine,
  ...(came && { in: came }),
  ...(out && { out }),
  ...(passage && { passage }),
});

function takePassage(waiting: Passage[] | undefined, fits: (one: Passage) => boolean): Passage | undefined {
  const at = waiting?.findIndex(fits) ?? -1;
  return at < 0 ? undefined : waiting?.splice(at, 1)[0];
}

const sameEnds = (one: TracedPacket, other: HookPacket | TracedPacket): boolean =>
  one.source === other.source &&
  one.destination === other.destination &&
  (one.sourcePort === undefined || other.sourcePort === undefined || one.sourcePort === other.sourcePort) &&
  (one.destinationPort === undefined ||
    other.destinationPort === undefined ||
    one.destinationPort === other.destinationPort);

/** The same packet at the other end of a wire. */
function isNext(from: Sighting, to: Sighting, segmentOf: SegmentOf): boolean {
  if (!sameEnds(from.packet, to.packet) || from.packet.ttl !== to.packet.ttl) return false;
  const segment = segmentOf(from.machine, from.interface);
  const there = segmentOf(to.machine, to.interface);
  // To itself through its loopback, or to another machine through a tunnel that the topology does not have.
  if (segment === undefined)
    return from.machine === to.machine
      ? from.interface === to.interface
      : there === undefined && from.interface !== 'lo' && to.interface !== 'lo';
  return from.machine !== to.machine && there === segment;
}

/** A router decrements the hop limit. Apart from that only addresses may differ. */
const wentOn = (came: Sighting, went: Sighting): boolean =>
  went.packet.ttl === came.packet.ttl - 1 && went.time >= came.time;

function isPassageOf({ stages: [first] }: Passage, { interface: on, packet }: Sighting): boolean {
  if (first?.stage !== 'prerouting') return false;
  const { packet: seen } = first;
  return seen.in === on && sameEnds(packet, seen) && seen.ttl === packet.ttl && seen.length === packet.length;
}

/** The packet before the machine's own NAT, which may have changed its addresses by the time it left. */
function beganHere(
  { stages }: Passage,
  packet: TracedPacket | undefined,
  begins: (packet: HookPacket) => boolean,
): boolean {
  const [first] = stages;
  if (first?.stage !== 'output') return false;
  if (!packet) return begins(first.packet);
  const last = stages.at(-1)?.packet ?? first.packet;
  return sameEnds(packet, last) && last.length === packet.length;
}
