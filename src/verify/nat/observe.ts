/** From observed packets to the behaviour of a NAT, in the terms of RFC 4787. */
import type { Dialogue, DialogueOutcome, Endpoint } from '../../core/dialogue.js';
import type { Dependence, Ports } from '../../core/nat-words.js';
import type { Talk } from './talks.js';

export type Talked = { readonly dialogue: Dialogue; readonly outcome: DialogueOutcome };
export type Talks = Readonly<Record<Talk, Talked>>;

/** `unclear`: why nothing can be concluded. */
export type Finding<T> = { readonly is: readonly T[]; readonly shows: string } | { readonly unclear: string };

/** The source address of a step's message as seen outside. */
const seen = ({ outcome }: Talked, step: number): Endpoint | undefined =>
  outcome.steps[step]?.arrivals.find(({ socket }) => !socket.startsWith('inside'))?.from;

export const text = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const same = (a: Endpoint, b: Endpoint): boolean => a.address === b.address && a.port === b.port;

const unheard = ({ dialogue, outcome }: Talked): { readonly unclear: string } => ({
  unclear: `${dialogue.name}: ${outcome.error ?? 'what was sent did not arrive'}`,
});

/** Compares the mappings for one destination, for another port of it, and for another address. */
export function mappingOf(talked: Talked): Finding<Dependence> {
  const [near, port, address] = talked.dialogue.steps.map((_, step) => seen(talked, step));
  if (!near || !port || (talked.dialogue.steps.length > 2 && !address)) return unheard(talked);
  const shows = `seen as ${[near, port, address].flatMap((one) => (one ? text(one) : [])).join(', ')}`;
  if (!same(near, port)) return { is: ['address-and-port-dependent'], shows };
  if (!address) return { is: ['endpoint-independent', 'address-dependent'], shows };
  return { is: [same(near, address) ? 'endpoint-independent' : 'address-dependent'], shows };
}

/** The public addresses with which a host was seen. */
export const addressesOf = (talked: Talked): string[] => [
  ...new Set(talked.dialogue.steps.flatMap((_, step) => seen(talked, step)?.address ?? [])),
];

/** Which packets from another port and from another address were let in, at every host. */
export function filteringOf(talked: Talked): Finding<Dependence> {
  const { dialogue, outcome } = talked;
  const hosts = dialogue.sockets.filter(({ name }) => name.startsWith('inside')).length;
  const isTold = Array.from({ length: hosts }, (_, host) => seen(talked, host)).every((one) => one);
  if (!isTold || outcome.error !== undefined) return unheard(talked);
  const came = (from: string, host: number): boolean | undefined => {
    const steps = dialogue.steps.flatMap(({ moves }, step) => {
      const move = moves.findIndex(
        ({ socket, to }) => socket === from && 'seenIn' in to && to.seenIn === host,
      );
      return step >= hosts && move >= 0 ? [{ step, move }] : [];
    });
    if (steps.length === 0) return undefined;
    return steps.some(({ step, move }) =>
      outcome.steps[step]?.arrivals.some((one) => one.socket === `inside${host}` && one.move === move),
    );
  };
  const kinds = Array.from({ length: hosts }, (_, host) => kindOf(came('port', host), came('address', host)));
  const control = Array.from({ length: hosts }, (_, host) => came('near', host));
  if (control.includes(false)) return { unclear: `${dialogue.name}: an answer did not come back` };
  const is = (kinds[0] ?? []).filter((kind) => kinds.every((all) => all.includes(kind)));
  const words = (['port', 'address'] as const).flatMap((from) => {
    const let1 = came(from, 0);
    return let1 === undefined ? [] : [`from another ${from} ${let1 ? 'let in' : 'kept out'}`];
  });
  return is.length > 0
    ? { is, shows: words.join(', ') }
    : { unclear: `${dialogue.name}: not the same for every host` };
}

function kindOf(port: boolean | undefined, address: boolean | undefined): Dependence[] {
  if (port !== true) return port === false && address !== true ? ['address-and-port-dependent'] : [];
  if (address === undefined) return ['address-dependent', 'endpoint-independent'];
  return [address ? 'endpoint-independent' : 'address-dependent'];
}

/** True where a host is reached by its public address, and sees the other host's public address. */
export function hairpinOf(talked: Talked, pool: readonly string[]): Finding<boolean> {
  const [first, second] = [seen(talked, 0), seen(talked, 1)];
  if (!first || !second) return unheard(talked);
  const arrivals = (talked.outcome.steps[2]?.arrivals ?? []).filter(({ socket }) =>
    socket.startsWith('inside'),
  );
  const [one] = arrivals;
  if (!one) return { is: [false], shows: `${text(second)} not reached from inside` };
  if (pool.includes(one.from.address)) return { is: [true], shows: `reached, and seen as ${text(one.from)}` };
  return { unclear: `hairpin: reached, but seen as ${text(one.from)}, the inside address` };
}

export type Sample = { readonly host: number; readonly inside: number; readonly outside: Endpoint };

/** The new mappings, in the order in which they were made. */
export function samplesOf(talked: Talked): readonly Sample[] | undefined {
  const samples = talked.dialogue.steps.flatMap(({ moves }, step): Sample[] => {
    const socket = talked.dialogue.sockets.find(({ name }) => name === moves[0]?.socket);
    const outside = seen(talked, step);
    return socket && outside ? [{ host: Number(socket.name.charAt(6)), inside: socket.port, outside }] : [];
  });
  return samples.length === talked.dialogue.steps.length ? samples : undefined;
}

/** The ways of choosing ports that fit the samples. */
export function portsOf(talked: Talked): Finding<Ports> {
  const samples = samplesOf(talked);
  if (!samples) return unheard(talked);
  const first = samples.filter(({ host }) => host === 0);
  const later = samples.filter(({ host }) => host > 0);
  const isKept = first.every(({ inside, outside }) => inside === outside.port);
  const isPaired = samples.every(({ inside, outside }) => inside % 2 === outside.port % 2);
  const shows = `${samples[0]?.inside ?? 0} as ${samples[0]?.outside.port ?? 0}, ${first[1]?.inside ?? 0} as ${first[1]?.outside.port ?? 0}`;
  // With one host only, ports may have been preserved, or have had the same parity, by chance.
  if (isKept) return { is: isPaired ? ['preserve', 'parity'] : ['preserve'], shows };
  const steps = stepsOf(samples);
  if (steps.every((step) => step > 0 && step < GAP))
    return { is: steps.length >= TELLING ? ['sequential'] : ['sequential', 'random'], shows };
  const isApart = later.length > 0 && isInBlocks(first, later);
  return { is: isApart ? ['blocks', 'random'] : ['random'], shows };
}

/** Gaps in a sequence of ports, as other hosts make mappings at the same time. */
const GAP = 512;
/** With fewer samples a result may be chance. */
const TELLING = 3;

/** The differences between successive ports at the same address, as a pool may use its addresses in turn. */
function stepsOf(samples: readonly Sample[]): number[] {
  const last = new Map<string, number>();
  return samples.flatMap(({ outside: { address, port } }) => {
    const before = last.get(address);
    last.set(address, port);
    return before === undefined ? [] : port - before;
  });
}

/** Whether the two hosts use separate ranges of ports. */
function isInBlocks(first: readonly Sample[], later: readonly Sample[]): boolean {
  const range = (samples: readonly Sample[]) => samples.map(({ outside }) => outside.port);
  const [a, b] = [range(first), range(later)];
  return Math.max(...a) < Math.min(...b) || Math.max(...b) < Math.min(...a);
}
