/** What a link does to packets: plain data, in whole units. `up` is from the machine to its segment, `down` the way back. */

export type Distribution = (typeof DISTRIBUTIONS)[number];
/** Of tc-netem(8); all but `uniform` are tables that iproute2 comes with. */
export const DISTRIBUTIONS = ['uniform', 'normal', 'pareto', 'paretonormal'] as const;

export type QueueKind = (typeof QUEUES)[number];
/** How a queue decides what to drop: tc-bfifo(8), tc-fq_codel(8), tc-cake(8), tc-red(8). */
export const QUEUES = ['drop-tail', 'fq-codel', 'cake', 'red'] as const;

export type Chance = { readonly percent: number; readonly correlation?: number };

export type Loss =
  | ({ readonly kind: 'random' } & Chance)
  /** Percent each: good to bad, bad to good, lost in the bad state (1-h) and in the good one (1-k). */
  | {
      readonly kind: 'gilbert-elliott';
      readonly p: number;
      readonly r: number;
      readonly h: number;
      readonly k: number;
    };

export type Queue = {
  readonly kind: QueueKind;
  readonly limit: { readonly packets: number } | { readonly bytes: number };
};

export type Rate = {
  /** Bits a second. */
  readonly bits: number;
  /** Bytes that may go at once. */
  readonly burst: number;
  readonly queue: Queue;
};

export type Impairment = {
  /** Microseconds, one way. */
  readonly delay?: number;
  readonly jitter?: {
    /** Microseconds. */
    readonly time: number;
    readonly distribution: Distribution;
    readonly correlation?: number;
  };
  readonly loss?: Loss;
  readonly rate?: Rate;
  readonly reorder?: Chance & { readonly gap?: number };
  readonly duplicate?: Chance;
  readonly corrupt?: Chance;
  /** Makes what is random the same in every run, where the kernel can (6.5 and later). */
  readonly seed?: number;
};

export type Direction = 'up' | 'down';
export const DIRECTIONS: readonly Direction[] = ['up', 'down'];

export type Link = {
  readonly up?: Impairment;
  readonly down?: Impairment;
  /** Bytes of the largest packet. */
  readonly mtu?: number;
  /** Where nothing goes through, either way. */
  readonly cut?: true;
  /** Addresses, or prefixes, that nothing is exchanged with. */
  readonly apart?: readonly string[];
};

/** The mean share of packets that are lost, in percent. */
export function meanLoss(loss: Loss): number {
  if (loss.kind === 'random') return loss.percent;
  const { p, r, h, k } = loss;
  if (p + r === 0) return k;
  return (p * h + r * k) / (p + r);
}

/** Of Ethernet, with its header. */
export const FRAME = 1514;
/** Microseconds of the rate that wait where nothing is said, and that go at once. */
const QUEUE_TIME = 50_000;
const BURST_TIME = 4_000;
/** What goes at once at the least: two frames, or a token bucket lets none through. */
const LEAST_BURST = 2 * FRAME + 172;

/** Bytes that a rate sends in a time; of a queue two frames at the least. */
export const bytesIn = (bits: number, microseconds: number): number =>
  Math.max(2 * FRAME, Math.round((bits / 8e6) * microseconds));

export const usualBurst = (bits: number): number =>
  Math.max(LEAST_BURST, Math.round((bits / 8e6) * BURST_TIME));

export const usualQueue = (bits: number, kind: QueueKind): Queue => ({
  kind,
  limit: limitFor(kind, { bytes: bytesIn(bits, QUEUE_TIME) }),
});

/** fq_codel counts packets, cake and RED bytes; what drops its tail takes either. */
export function limitFor(kind: QueueKind, limit: Queue['limit']): Queue['limit'] {
  if (kind === 'fq-codel' && 'bytes' in limit)
    return { packets: Math.max(1, Math.round(limit.bytes / FRAME)) };
  if ((kind === 'cake' || kind === 'red') && 'packets' in limit) return { bytes: limit.packets * FRAME };
  return limit;
}
