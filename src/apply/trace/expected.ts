/** Finds where a packet met something that the topology does not lead to expect: pure. */
import type { Mapping } from '../../model/lab.js';
import { isPublicOf } from '../../model/view.js';
import type { Story } from './story.js';
import { endText, machineOf, packetAfter, packetBefore } from './story.js';
import { tunnelText } from './tunnels.js';
import type { Visit } from './visits.js';

export type Departure = {
  readonly machine: string;
  /** The hop where the difference shows, counted from 0. */
  readonly hop: number;
  readonly text: string;
} & (
  | { readonly kind: 'way'; readonly wanted: string; readonly taken: string }
  /** `after` was expected and did not happen, or happened unexpectedly. */
  | {
      readonly kind: 'translation';
      readonly field: 'source' | 'destination';
      readonly before: string;
      readonly wanted: string;
      readonly found: string;
      readonly mapping?: Mapping;
    }
);

/** The first, if there is one. */
export function departureOf(story: Story): Departure | undefined {
  for (const [hop, visit] of story.there.entries()) {
    const found = wayDeparture(story, visit, hop) ?? translationDeparture(story, visit, hop);
    if (found) return found;
  }
  return undefined;
}

function wayDeparture(
  { expected, there, surveys }: Story,
  { machine: taken }: Visit,
  hop: number,
): Departure | undefined {
  const wanted = expected.hops[hop]?.machine;
  const before = there[hop - 1]?.machine;
  // A packet to the sender itself passes its loopback, which is no hop of the model.
  if (before === undefined || wanted === taken || before === taken) return undefined;
  const out = there[hop - 1]?.out?.interface;
  const tunnel = out === undefined ? undefined : surveys.get(before)?.tunnels.get(out);
  if (tunnel)
    return {
      ...{ kind: 'way', machine: before, hop: hop - 1, wanted: wanted ?? before, taken },
      text: `${before} sends it to ${taken} by ${out ?? ''} (${tunnelText(tunnel)})`,
    };
  const text =
    wanted === undefined
      ? `${before} sends it on to ${taken}; by the topology it ${expected.dropped === undefined ? 'is for' : 'is dropped at'} ${before}`
      : `${before} sends it to ${taken}; by the topology it goes to ${wanted}`;
  return { kind: 'way', machine: before, hop: hop - 1, wanted: wanted ?? before, taken, text };
}

function translationDeparture(story: Story, visit: Visit, hop: number): Departure | undefined {
  const { trail, view } = story;
  const wanted = trail[hop];
  const [before, after] = [packetBefore(visit), packetAfter(visit)];
  if (!wanted || !before || !after) return undefined;
  const { machine } = visit;
  const nat = machineOf(view, machine)?.nat ?? [];
  const isSame = (field: 'source' | 'destination'): boolean =>
    wanted[field] === '' ||
    wanted[field] === after[field] ||
    nat.some((one) => isPublicOf(one, wanted[field]) && isPublicOf(one, after[field]));
  const tell = (field: 'source' | 'destination', mapping: Mapping | undefined): Departure => {
    const [was, is, should] = [before[field], after[field], wanted[field]];
    const text =
      was === is
        ? `${machine} does not translate the ${field} ${was}; by the topology it becomes ${should}`
        : `${machine} translates the ${field} ${was} to ${is}; by the topology it ${should === was ? 'stays as it is' : `becomes ${should}`}`;
    const base = { kind: 'translation', machine, hop, text, field } as const;
    return { ...base, before: was, wanted: should, found: is, ...(mapping && { mapping }) };
  };
  if (!isSame('destination') && hasRouted(visit))
    return tell(
      'destination',
      nat.find((one) => one.kind !== 'masquerade' && isPublicOf(one, before.destination)),
    );
  if (!isSame('source') && hasLeft(visit))
    return tell(
      'source',
      nat.find((one) => isPublicOf(one, wanted.source)),
    );
  return portDeparture(story, visit, hop);
}

/** A forward that goes to another port. */
function portDeparture({ trail, view }: Story, visit: Visit, hop: number): Departure | undefined {
  const [before, after, wanted] = [packetBefore(visit), packetAfter(visit), trail[hop]];
  const port = wanted?.port;
  if (!before || !after || port === undefined || after.destinationPort === undefined) return undefined;
  if (after.destinationPort === port || !hasRouted(visit)) return undefined;
  const [was, is] = [before, after].map((one) => endText(one.destination, one.destinationPort));
  const should = endText(wanted?.destination ?? '', port);
  const mapping = machineOf(view, visit.machine)?.nat.find(
    (one) => one.kind === 'forward' && isPublicOf(one, before.destination),
  );
  return {
    ...{ kind: 'translation', machine: visit.machine, hop, field: 'destination' },
    text: `${visit.machine} leaves ${was ?? ''} at ${is ?? ''}; by the topology it becomes ${should}`,
    ...{ before: was ?? '', wanted: should, found: is ?? '' },
    ...(mapping && { mapping }),
  };
}

/** Whether the packet had reached the hook where destinations are translated. */
const hasRouted = ({ in: came, out, passage }: Visit): boolean =>
  came !== undefined &&
  (out !== undefined || (passage?.stages.some(({ stage }) => stage !== 'prerouting') ?? false));

const hasLeft = ({ out, passage }: Visit): boolean =>
  out !== undefined || (passage?.stages.some(({ stage }) => stage === 'postrouting-end') ?? false);
