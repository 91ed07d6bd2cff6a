/** The result of a trace, as plain data: the path of one real packet and of its answer. */
import type { Milliseconds } from '../../core/command.js';

export type TraceProtocol = 'icmp' | 'tcp' | 'udp';

export type TraceRequest = {
  /** A machine. */
  readonly from: string;
  /** A machine, `MACHINE.SEGMENT` or an address; with `:PORT`, of an IPv6 address `[ADDRESS]:PORT`. */
  readonly to: string;
  /** Default: icmp, or tcp if there is a port. */
  readonly protocol?: TraceProtocol | undefined;
  /** Bytes of the whole IP packet, which must not be fragmented. Default: a small packet, and if that is answered a full-size one. */
  readonly size?: number | undefined;
  /** How long to wait for an answer. */
  readonly wait?: Milliseconds | undefined;
};

/** A packet as seen on a wire. TCP and UDP have ports. */
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
  /** Its name in the machine. */
  readonly interface: string;
  readonly segment?: string;
  /** For an interface that the topology does not have, such as `vxlan to 203.0.113.2`, or `tun`. */
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
  /** The kernel's verdict: `accept`, `drop`, `jump CHAIN`, `continue`. */
  readonly verdict: string;
  /** Whether labnet made it. */
  readonly own: boolean;
  /** The line of the topology that it comes from; left out if it comes from several lines, and for rules that are not labnet's. */
  readonly at?: FilePlace;
};

export type Translation = {
  readonly field: 'source' | 'destination';
  /** Addresses, for TCP and UDP with the port. */
  readonly before: string;
  readonly after: string;
  /** Left out if connection tracking translates it: an answer, or a later packet of a translated connection. */
  readonly rule?: TracedRule;
};

export type TraceHop = {
  readonly machine: string;
  /** Left out at the machine that sends it. */
  readonly in?: TracedAt;
  /** Left out at the machine where it ends. */
  readonly out?: TracedAt;
  readonly translations: readonly Translation[];
  /** Every rule that it matched, in order. */
  readonly rules: readonly TracedRule[];
};

export type TraceLeg = {
  readonly hops: readonly TraceHop[];
  /** Whether the packet was delivered to the machine at its end. */
  readonly arrived: boolean;
};

export const CAUSE_KINDS = [
  /** A rule, or the policy of a chain. */
  'rule',
  'not-translated',
  'wrong-way',
  'no-route',
  /** A blackhole, unreachable or prohibit route. */
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
  /** The line of the topology that it concerns. */
  readonly at?: FilePlace;
};

export type TraceAnswer = {
  /** `refused`: by the destination, where nobody listens. */
  readonly kind: 'answer' | 'refused';
  /** Such as `echo reply` or `connection refused (RST)`. */
  readonly text: string;
  readonly rtt: Milliseconds;
};

/** How packets of the first link's MTU fared, in both directions. */
export type PathMtu = {
  readonly sent: number;
  /** The largest size that is known to pass; left out if the path has a black hole. */
  readonly bytes?: number;
  /** The machine that reported that larger ones do not pass. */
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
  /** The path of the answer, or of an ICMP error instead; no hops if nobody sent one. */
  readonly back: TraceLeg;
  /** For an ICMP error that came instead of an answer, or was lost on the way, such as `host unreachable from r1`. */
  readonly errors: readonly string[];
  /** Left out if the packet was answered. */
  readonly cause?: TraceCause;
  /** What the topology leads to expect, if the packet met something else. */
  readonly unexpected: readonly string[];
  readonly mtu?: PathMtu;
  /** What could not be looked at. */
  readonly notes: readonly string[];
};
