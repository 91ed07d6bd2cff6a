/** The values to expect between two machines of a segment, from the links of both. */
import type { Family } from '../../core/ip.js';
import type { Impairment, Link, Loss } from '../../link/impairment.js';
import { meanLoss } from '../../link/impairment.js';
import type { Interface } from '../../model/lab.js';
import type { Attachment, View } from '../../model/view.js';
import { ownAddress } from '../../model/view.js';

export type Expected = {
  /** The round trip in microseconds, without jitter. */
  readonly rtt: number;
  /** The standard deviation of the round trip, microseconds; undefined without jitter. */
  readonly spread?: number;
  /** The share of echoes without an answer, 0 to 1. */
  readonly loss: number;
  /** How much losses depend on each other: this many packets count as one independent sample. */
  readonly dependence: number;
  /** Bits a second. */
  readonly there?: number;
  readonly back?: number;
  /** The share of packets lost in one direction, 0 to 1. */
  readonly lossThere: number;
  readonly lossBack: number;
  readonly mtu: number;
  readonly isCut: boolean;
};

export type LinkPair = {
  readonly machine: string;
  readonly segment: string;
  readonly line: Link;
  readonly peer: string;
  /** Whether the peer has a link of its own, so that it can take part in one measurement at a time. */
  readonly isPeerLinked: boolean;
  readonly from: string;
  readonly to: string;
  readonly family: Family;
  readonly expected: Expected;
};

/** Each link with a peer to measure with: the machine on the segment whose own link does least. */
export const linkPairs = (view: View): LinkPair[] =>
  view.lab.machines.flatMap((machine) =>
    machine.interfaces.flatMap((one) => {
      const link = one.link;
      if (!link) return [];
      const pair = partnerOf(view, { machine, interface: one });
      if (!pair) return [];
      const { peer, family, from, to } = pair;
      const expected = expectedOf(link, peer.interface.link ?? {});
      return [
        {
          machine: machine.name,
          segment: one.segment,
          line: link,
          peer: peer.machine.name,
          isPeerLinked: peer.interface.link !== undefined,
          from,
          to,
          family,
          expected,
        },
      ];
    }),
  );

type Partner = {
  readonly peer: Attachment;
  readonly family: Family;
  readonly from: string;
  readonly to: string;
};

function partnerOf(view: View, { machine, interface: own }: Attachment): Partner | undefined {
  const others = view
    .on(own.segment)
    .filter((other) => other.machine !== machine && !areApart(own, other.interface));
  const usable = others.flatMap((peer): Partner[] => {
    for (const family of [4, 6] as const) {
      const [from, to] = [ownAddress(own, family), ownAddress(peer.interface, family)];
      if (from !== undefined && to !== undefined) return [{ peer, family, from, to }];
    }
    return [];
  });
  const least = Math.min(...usable.map(({ peer }) => weight(peer.interface.link)));
  const best = usable.filter(({ peer }) => weight(peer.interface.link) === least);
  // Not always the same one, which could take part in one measurement at a time.
  return best[view.lab.machines.indexOf(machine) % Math.max(1, best.length)];
}

const areApart = (own: Interface, other: Interface): boolean =>
  other.addresses.some((address) => own.link?.apart?.includes(address.split('/')[0] ?? '') ?? false);

/** Ranks machines by how much their link does. */
const weight = (link: Link | undefined): number =>
  (link?.cut ? 100 : 0) + [link?.up, link?.down].reduce((sum, one) => sum + Object.keys(one ?? {}).length, 0);

const USUAL_MTU = 1500;

export function expectedOf(own: Link, other: Link): Expected {
  const there = [own.up, other.down].filter((one) => one !== undefined);
  const back = [other.up, own.down].filter((one) => one !== undefined);
  const all = [...there, ...back];
  const [lossThere, lossBack] = [lossOf(there), lossOf(back)];
  const spread = Math.sqrt(all.reduce((sum, { jitter }) => sum + deviation(jitter) ** 2, 0));
  const [rateThere, rateBack] = [rateOf(there), rateOf(back)];
  return {
    rtt: all.reduce((sum, { delay = 0 }) => sum + delay, 0),
    ...(spread > 0 && { spread }),
    loss: 1 - (1 - lossThere) * (1 - lossBack),
    dependence: Math.max(1, ...all.map(({ loss }) => (loss ? dependence(loss) : 1))),
    ...(rateThere !== undefined && { there: rateThere }),
    ...(rateBack !== undefined && { back: rateBack }),
    lossThere,
    lossBack,
    mtu: Math.min(own.mtu ?? USUAL_MTU, other.mtu ?? USUAL_MTU),
    isCut: own.cut === true || other.cut === true,
  };
}

/** Corrupt packets are dropped by the first checksum. */
const lossOf = (way: readonly Impairment[]): number =>
  1 -
  way.reduce(
    (rest, { loss, corrupt }) =>
      rest * (1 - (loss ? meanLoss(loss) : 0) / 100) * (1 - (corrupt?.percent ?? 0) / 100),
    1,
  );

const rateOf = (way: readonly Impairment[]): number | undefined => {
  const rates = way.flatMap(({ rate }) => rate?.bits ?? []);
  return rates.length === 0 ? undefined : Math.min(...rates);
};

/** The variance of a uniform distribution over plus and minus the value is a third of its square. */
const deviation = (jitter: Impairment['jitter']): number =>
  jitter === undefined ? 0 : jitter.distribution === 'uniform' ? jitter.time / Math.sqrt(3) : jitter.time;

/** For a chain of two states it is (1 + r) / (1 - r), with r the correlation of one packet with the next. */
function dependence(loss: Loss): number {
  const correlation =
    loss.kind === 'random' ? (loss.correlation ?? 0) / 100 : Math.max(0, 1 - (loss.p + loss.r) / 100);
  return correlation >= 1 ? Infinity : (1 + correlation) / (1 - correlation);
}
