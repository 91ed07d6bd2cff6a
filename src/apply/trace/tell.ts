/** Reconstructs the path of a packet, and that of its answer or of an ICMP error, from what was seen. */
import type { View } from '../../model/view.js';
import { cidr, contains, address as read } from '../../core/ip.js';
import type { Attempt } from './attempt.js';
import type { Inquiry } from './causes.js';
import { wordBehind } from './drafts.js';
import type { Survey } from './look.js';
import type { HookPacket } from './rule-trace.js';
import type { Sighting } from './sightings.js';
import type { Story } from './story.js';
import { endOf, isOwn, machineOf, packetAfter } from './story.js';
import type { SegmentOf, Visit } from './visits.js';
import { otherEnd } from './tunnels.js';
import { visitsFrom } from './visits.js';

export const segmentsOf =
  (view: View, surveys: ReadonlyMap<string, Survey>): SegmentOf =>
  (machine, on) => {
    const name = surveys.get(machine)?.interfaces.get(on);
    return machineOf(view, machine)?.interfaces.find((one) => one.name === name)?.segment;
  };

/** @param id which of the probes */
export function storyOf(
  about: Pick<Story, 'lab' | 'view' | 'asked' | 'expected' | 'trail'>,
  { results, sightings, passages, surveys, unwatched }: Attempt,
  id: number,
): Story {
  const { view, asked } = about;
  const segmentOf = segmentsOf(view, surveys);
  const of = (role: Sighting['role']): Sighting[] =>
    sightings.filter((one) => one.role === role && one.id === id);
  const seen = (role: Sighting['role']) => ({ sightings: of(role), passages, segmentOf });
  const isLarge = (packet: HookPacket): boolean => packet.length >= LARGE_FROM;
  const isThis = (packet: HookPacket): boolean => id === 0 || isLarge(packet);
  const there = visitsFrom(
    asked.from.name,
    seen('probe'),
    (packet) => packet.destination === asked.address && isThis(packet),
  );
  const errors = of('error');
  const last = there.at(-1);
  const arrived = last && wasGiven(view, last, !unwatched.has(last.machine)) ? last : undefined;
  const back =
    (arrived && refusalVisits(seen('error'), arrived)) ??
    (arrived && answerVisits(arrived, seen('answer'), isThis)) ??
    errorVisits(seen('error')) ??
    [];
  return {
    ...about,
    ...{ there, back, errors, surveys },
    result: results.find((one) => one.id === id) ?? { id, sent: 0, replies: [] },
  };
}

/** Bytes: a small probe is far below this, whatever its headers. */
const LARGE_FROM = 512;

function wasGiven(view: View, visit: Visit, isWatched: boolean): boolean {
  const isKept = isOwn(machineOf(view, visit.machine), packetAfter(visit)?.destination);
  return endOf(visit, isWatched, isKept).how === 'delivered';
}

type Seen = Parameters<typeof visitsFrom>[1];

function answerVisits(
  arrived: Visit,
  seen: Seen,
  isThis: (packet: HookPacket) => boolean,
): Visit[] | undefined {
  const sender = packetAfter(arrived)?.source;
  const visits = visitsFrom(
    arrived.machine,
    seen,
    (packet) => packet.destination === sender && isThis(packet),
  );
  const [first] = visits;
  return (first?.out ?? first?.passage) ? visits : undefined;
}

/** An error from the destination itself, instead of an answer. */
const refusalVisits = ({ sightings, ...seen }: Seen, arrived: Visit): Visit[] | undefined =>
  errorVisits(
    { ...seen, sightings: sightings.filter(({ error }) => error?.about === 'probe') },
    arrived.machine,
  );

/** The path of an error, from the machine that sent it: a certain one, or any. */
function errorVisits({ sightings, ...seen }: Seen, wanted?: string): Visit[] | undefined {
  const start = sightings.find(
    (one) =>
      one.direction === 'out' &&
      (wanted === undefined || one.machine === wanted) &&
      !sightings.some((other) => isBefore(other, one)),
  );
  return start && visitsFrom(start.machine, { ...seen, sightings }, () => false);
}

/** Whether one is the other before the machine forwarded it. */
const isBefore = (came: Sighting, went: Sighting): boolean =>
  came.direction === 'in' && came.machine === went.machine && came.packet.ttl === went.packet.ttl + 1;

/** The unwatched machine of the lab that a packet went to, if any. */
export async function nextMachine(
  story: Story,
  { ask, isWatched }: Inquiry,
  machines: readonly string[],
): Promise<string | undefined> {
  const { there, back, view, surveys } = story;
  const visit = back.length > 0 ? back.at(-1) : there.at(-1);
  if (!visit?.out || endOf(visit, isWatched(visit.machine), false).how !== 'left') return undefined;
  const segment = segmentsOf(view, surveys)(visit.machine, visit.out.interface);
  const to = visit.out.packet.destination;
  if (segment === undefined) {
    const tunnel = surveys.get(visit.machine)?.tunnels.get(visit.out.interface);
    return otherEnd(view, { tunnel, destination: to, ask, machines });
  }
  const { route, neighbours } = await ask({ machine: visit.machine, source: '', destination: to });
  const nextHop = wordBehind(route, 'via') ?? to;
  const mac = neighbours
    .map((line) => line.startsWith(`${nextHop} `) && wordBehind(line, 'lladdr'))
    .find((one) => one);
  const on = view.on(segment);
  const found =
    on.find(({ interface: one }) => one.mac === mac) ??
    on.find(({ interface: one }) => one.addresses.some((own) => sameAddress(own, nextHop)));
  const name = found?.machine.name;
  return name !== undefined && !machines.includes(name) ? name : undefined;
}

const sameAddress = (own: string, other: string): boolean =>
  contains({ ...cidr(own).address, length: other.includes(':') ? 128 : 32 }, read(other));
