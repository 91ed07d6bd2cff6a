/** What a trace has found, as plain data: the journey of one real packet and of its answer. */
import type { Milliseconds } from '../../core/command.js';

export type TraceProtocol = 'icmp' | 'tcp' | 'udp';

export type TraceRequest = {
  /** A machine. */
  readonly from: string;
  /** A machine, `MACHINE.SEGMENT` or an address; with `:PORT`, of an IPv6 address `[ADDRESS]:PORT`. */
  readonly to: string;
  /** Default: icmp, or tcp where there is a port. */
  readonly protocol?: TraceProtocol | undefined;
  /** Bytes of the whole IP packet, which nobody may fragment. Default: a small one, and where that is answered a full one. */
  readonly size?: number | undefined;
  /** How long to wait for an answer. */
  readonly wait?: Milliseconds | undefined;
};

/** As it was on a wire. Ports are TCP's and UDP's. */
export type TracedPacket = {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Hop limit. */
  readonly ttl: number;
  /** Bytes of the IP packet. */
  readonly length: number;
};

export type TracedAt = {
  /** As the machine calls it. */
  readonly interface: string;
  readonly segment?: string;
  /** Of an interface that the topology does not have: such as `vxlan to 203.0.113.2`, or `tun`. */
  readonly tunnel?: string;
  readonly packet: TracedPacket;
};

export type FilePlace = { readonly file: string; readonly line: number };

export type TracedRule = {
  /** As iptables-save writes it, or nft. */
  readonly text: string;
  /** Family and table, such as `ip nat`. */
  readonly table: string;
  readonly chain: string;
  /** As the kernel tells it: `accept`, `drop`, `jump CHAIN`, `continue`. */
  readonly verdict: string;
  /** Whether labnet made it. */
  readonly own: boolean;
  /** The line of the topology that it comes from; left out for what follows from several, and for other people's rules. */
  readonly at?: FilePlace;
};

export type Translation = {
  readonly field: 'source' | 'destination';
  /** Addresses, of TCP and UDP with the port. */
  readonly before: string;
  readonly after: string;
  /** Left out where connection tracking does it: to an answer, or to what a rule translated when it began. */
  readonly rule?: TracedRule;
};

export type TraceHop = {
  readonly machine: string;
  /** Left out at the machine that sends it. */
  readonly in?: TracedAt;
  /** Left out at the machine where it ends. */
  readonly out?: TracedAt;
  readonly translations: readonly Translation[];
  /** Every rule that it matched, in their order. */
  readonly rules: readonly TracedRule[];
};

export type TraceLeg = {
  readonly hops: readonly TraceHop[];
  /** Whether the machine at the end of it was given the packet. */
  readonly arrived: boolean;
};

export const CAUSE_KINDS = [
  /** A rule, or the policy of a chain. */
  'rule',
  'not-translated',
  'wrong-way',
  'no-route',
  /** A route that says so: blackhole, unreachable, prohibit. */
  'route-refuses',
  'rp-filter',
  'not-forwarding',
  'ttl',
  'mtu',
  'no-neighbour',
  'segment',
  'queue',
  'not-sent',
  'no-answer',
  'icmp-error',
  'unknown',
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export type TraceCause = {
  readonly kind: CauseKind;
  readonly leg: 'there' | 'back';
  readonly machine: string;
  /** One sentence. */
  readonly text: string;
  readonly evidence: readonly string[];
  readonly fix?: string;
  /** The line of the topology that is about it. */
  readonly at?: FilePlace;
};

export type TraceAnswer = {
  /** `refused`: by the destination, where nobody listens. */
  readonly kind: 'answer' | 'refused';
  /** Such as `echo reply` or `connection refused (RST)`. */
  readonly text: string;
  readonly rtt: Milliseconds;
};

/** What packets as large as the first link carries have met, both ways. */
export type PathMtu = {
  readonly sent: number;
  /** The largest that is known to pass; left out where a hole is in the way. */
  readonly bytes?: number;
  /** Who said that larger ones do not. */
  readonly limitedBy?: string;
};

export type TraceResult = {
  readonly lab: string;
  readonly from: string;
  /** As it was asked for. */
  readonly to: string;
  readonly protocol: TraceProtocol;
  /** What it was sent to. */
  readonly address: string;
  readonly port?: number;
  readonly answered: boolean;
  readonly answer?: TraceAnswer;
  readonly there: TraceLeg;
  /** The way of the answer, or of the error in its place; no hops where nobody sent one. */
  readonly back: TraceLeg;
  /** Of an ICMP error that came instead of an answer, or on the way: such as `host unreachable from r1`. */
  readonly errors: readonly string[];
  /** Left out where all is well. */
  readonly cause?: TraceCause;
  /** What the topology leads to expect, where the packet met something else. */
  readonly unexpected: readonly string[];
  readonly mtu?: PathMtu;
  /** What could not be looked at. */
  readonly notes: readonly string[];
};
