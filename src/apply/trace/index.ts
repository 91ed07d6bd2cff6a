/** `labnet trace`: follows one real packet hop by hop, and finds out where it ended. */
import type { Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { viewOf } from '../../model/view.js';
import type { Ends, Walk } from '../../model/walk.js';
import { walk } from '../../model/walk.js';
import type { Asked } from './asked.js';
import { askedOf } from './asked.js';
import type { Attempt, Traceable } from './attempt.js';
import { attempt, LARGE } from './attempt.js';
import { causeOf } from './causes.js';
import type { Inquiry } from './causes.js';
import { departureOf } from './expected.js';
import { errorsSent, errorText } from './drafts.js';
import type { Telling } from './hops.js';
import { hopOf } from './hops.js';
import { look } from './look.js';
import { judgeLarge } from './path-mtu.js';
import type { TraceAnswer, TraceLeg, TraceRequest, TraceResult } from './result.js';
import type { Story } from './story.js';
import { endOf, isOwn, machineOf, packetAfter } from './story.js';
import { storyOf, nextMachine, segmentsOf } from './tell.js';
import type { Visit } from './visits.js';

/** Routers off the expected path are watched too, up to this many machines. */
const WATCHED = 16;
/** A packet that goes to an unexpected machine is sent again, with that machine watched. */
const ATTEMPTS = 4;

/**
 * Sends one probe and reconstructs its path from captures at every interface on the way, and from the kernel's trace of
 * the rules that it met.
 * @throws LabnetError with exit code 2 for bad input
 */
export async function trace(running: Traceable, request: TraceRequest): Promise<TraceResult> {
  const { lab, session } = running;
  const view = viewOf(lab);
  const asked = askedOf(view, request);
  const trail: Ends[] = [];
  const expected = walk(view, asked.from, asked.address, asked.protocol, asked.port, trail);
  let machines = watchedFirst(view, asked, expected);
  for (let tries = 1; ; tries++) {
    const made = await attempt(running, asked, machines, linkOf(asked, expected));
    const story = storyOf({ lab, view, asked, expected, trail }, made, 0);
    const inquiry: Inquiry = {
      ask: (question) => look(session, question),
      isWatched: (machine) => machines.includes(machine) && !made.unwatched.has(machine),
    };
    const more = tries < ATTEMPTS ? await nextMachine(story, inquiry, machines) : undefined;
    if (more === undefined) return conclude(story, made, inquiry, request);
    machines = [...machines, more];
  }
}

/** The machines on the path by the topology, in both directions, and in a small lab all routers. */
function watchedFirst(view: View, { from, address }: Asked, expected: Walk): string[] {
  const end = view.machines.get(expected.end);
  const back = end && expected.source !== '' ? walk(view, end, expected.source).hops : [];
  const owners = view.owners(address).map(({ machine }) => machine);
  const routers: readonly Machine[] = view.routers.length <= WATCHED ? view.routers : [];
  const all = [from, ...owners, ...routers].map(({ name }) => name);
  return [
    ...new Set([
      ...all,
      ...expected.hops.map(({ machine }) => machine),
      ...back.map(({ machine }) => machine),
    ]),
  ];
}

/** Protocols for which a large packet is sent too: an answer to a small one says nothing about large ones. */
const linkOf = ({ protocol, size }: Asked, { hops: [first] }: Walk): string | undefined =>
  protocol === 'tcp' || size !== undefined ? undefined : first?.out;

async function conclude(
  story: Story,
  made: Attempt,
  inquiry: Inquiry,
  request: TraceRequest,
): Promise<TraceResult> {
  const { lab, asked, there, back, surveys, errors } = story;
  const telling: Telling = { file: lab.file, surveys, segmentOf: segmentsOf(story.view, surveys) };
  const answer = answerOf(story, inquiry);
  const departure = departureOf(story);
  const large = answer && made.results.length > LARGE ? await judgeLarge(story, made, inquiry) : {};
  const cause = answer ? large.cause : await causeOf(story, inquiry);
  const leg = (visits: readonly Visit[], arrived: boolean): TraceLeg => ({
    hops: visits.map((visit) => hopOf(visit, telling)),
    arrived,
  });
  return {
    ...{
      lab: lab.name,
      from: asked.from.name,
      to: request.to,
      protocol: asked.protocol,
      address: asked.address,
    },
    ...(asked.port !== undefined && { port: asked.port }),
    answered: answer !== undefined,
    ...(answer && { answer }),
    there: leg(there, wasDelivered(story, there, inquiry)),
    back: leg(back, answer !== undefined || wasDelivered(story, back, inquiry)),
    errors: errorsSent(errors).map(errorText),
    ...(cause && { cause }),
    unexpected: [...(departure ? [departure.text] : []), ...otherAnswers(story)],
    ...(large.mtu && { mtu: large.mtu }),
    notes: made.notes,
  };
}

function wasDelivered({ view }: Story, visits: readonly Visit[], { isWatched }: Inquiry): boolean {
  const last = visits.at(-1);
  if (!last) return false;
  const isKept = isOwn(machineOf(view, last.machine), packetAfter(last)?.destination);
  return endOf(last, isWatched(last.machine), isKept).how === 'delivered';
}

/** Only the destination can answer; a refusal by a rule on the way is not an answer. */
function answerOf(story: Story, inquiry: Inquiry): TraceAnswer | undefined {
  const reply = story.result.replies.find(({ kind }) => kind === 'answer' || kind === 'refused');
  if (!reply || !wasDelivered(story, story.there, inquiry)) return undefined;
  const { protocol } = story.asked;
  const text =
    reply.kind === 'answer'
      ? { icmp: 'echo reply', tcp: 'connection established', udp: 'datagram' }[protocol]
      : {
          icmp: 'port unreachable',
          tcp: 'connection refused (RST): nobody listens there',
          udp: 'port unreachable: nobody listens there',
        }[protocol];
  return {
    kind: reply.kind === 'answer' ? 'answer' : 'refused',
    text,
    rtt: Math.round(reply.rtt * 1000) / 1000,
  };
}

function otherAnswers({ result, asked }: Story): string[] {
  const other = result.replies.find(({ kind, from }) => kind === 'answer' && from !== asked.address);
  return other ? [`the answer comes from ${other.from} instead of ${asked.address}`] : [];
}
