/** What a link does to packets, in whole units. `up` is from the machine to its segment, `down` is the other direction. */

export type Distribution = (typeof DISTRIBUTIONS)[number];
/** Distributions of tc-netem(8); all except `uniform` are tables that come with iproute2. */
export const DISTRIBUTIONS = ['uniform', 'normal', 'pareto', 'paretonormal'] as const;

export type QueueKind = (typeof QUEUES)[number];
/** How a queue decides what to drop: tc-bfifo(8), tc-fq_codel(8), tc-cake(8), tc-red(8). */
export const QUEUES = ['drop-tail', 'fq-codel', 'cake', 'red'] as const;

export type Chance = { readonly percent: number; readonly correlation?: number };

export type Loss =
  | ({ readonly kind: 'random' } & Chance)
  /** In percent: from good to bad, from bad to good, loss in the bad state (1-h), loss in the good state (1-k). */
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
  /** Bytes that may be sent at once. */
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
  /** Makes random losses and delays the same in every run; needs Linux 6.5. */
  readonly seed?: number;
};

export type Direction = 'up' | 'down';
export const DIRECTIONS: readonly Direction[] = ['up', 'down'];

export type Link = {
  readonly up?: Impairment;
  readonly down?: Impairment;
  /** Bytes of the largest packet. */
  readonly mtu?: number;
  /** The link is down in both directions. */
  readonly cut?: true;
  /** Addresses or prefixes that packets cannot go to or come from. */
  readonly apart?: readonly string[];
};

/** The mean share of packets that are lost, in percent. */
export function meanLoss(loss: Loss): number {
  if (loss.kind === 'random') return loss.percent;
  const { p, r, h, k } = loss;
  if (p + r === 0) return k;
  return (p * h + r * k) / (p + r);
}

/** The largest Ethernet frame, with its header. */
export const FRAME = 1514;
/** Default size of the queue and of the burst, in microseconds of the rate. */
const QUEUE_TIME = 50_000;
const BURST_TIME = 4_000;
/** The smallest burst, two frames: a token bucket with less lets no packet through. */
const LEAST_BURST = 2 * FRAME + 172;

/** Bytes that a rate sends in a time; for a queue at least two frames. */
export const bytesIn = (bits: number, microseconds: number): number =>
  Math.max(2 * FRAME, Math.round((bits / 8e6) * microseconds));

export const usualBurst = (bits: number): number =>
  Math.max(LEAST_BURST, Math.round((bits / 8e6) * BURST_TIME));

export const usualQueue = (bits: number, kind: QueueKind): Queue => ({
  kind,
  limit: limitFor(kind, { bytes: bytesIn(bits, QUEUE_TIME) }),
});

/** fq_codel limits packets, cake and RED limit bytes; a drop-tail queue takes either. */
export function limitFor(kind: QueueKind, limit: Queue['limit']): Queue['limit'] {
  if (kind === 'fq-codel' && 'bytes' in limit)
    return { packets: Math.max(1, Math.round(limit.bytes / FRAME)) };
  if ((kind === 'cake' || kind === 'red') && 'packets' in limit) return { bytes: limit.packets * FRAME };
  return limit;
}
