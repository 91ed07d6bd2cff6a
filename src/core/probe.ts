/** Test traffic as data: the transport decides how to send it, and the judge sees the same answers in any case. */
import type { Milliseconds } from './command.js';

export type ProbeProtocol = 'icmp' | 'tcp' | 'udp';

export type Probe = {
  /** Unique in a run. Packets carry it, so that they can be found in captures. */
  readonly id: number;
  readonly machine: string;
  readonly protocol: ProbeProtocol;
  readonly to: string;
  /** For tcp and udp. */
  readonly port?: number;
  /** At most this many packets (tcp: connections), one every `interval`, until one is answered. */
  readonly count: number;
  readonly interval: Milliseconds;
  /** How long to wait after the last. */
  readonly wait: Milliseconds;
  /** Hop limit; default: the kernel's. */
  readonly ttl?: number;
  /** For tcp: whether a listener of labnet answers, which tells the source address it sees. */
  readonly talk?: boolean;
  /** For icmp and udp: bytes of the whole IP packet, sent with DF; at least enough for the mark. */
  readonly size?: number;
  /** For tcp: the initial sequence number, by which its packets are found in captures; 1 to 2^32 - 1. */
  readonly sequence?: number;
};

export type ReplyKind =
  /** An echo reply, a datagram, or an established connection. */
  | 'answer'
  /** The destination itself refused: no such port. */
  | 'refused'
  /** ICMP destination unreachable of another kind, or no route at the sender. */
  | 'unreachable'
  /** ICMP time exceeded: the hop limit ended at `from`. */
  | 'expired';

export type Reply = {
  readonly kind: ReplyKind;
  /** Who sent it, where that is known. */
  readonly from: string;
  /** Such as `net unreachable` or `ENETUNREACH`. */
  readonly detail?: string;
  readonly rtt: Milliseconds;
  /** The sender's address as the listener at the other end saw it. */
  readonly seenAs?: string;
};

export type ProbeResult = { readonly id: number; readonly sent: number; readonly replies: readonly Reply[] };

/** A port opened during a run, which answers with the source address it saw. */
export type Listener = { readonly machine: string; readonly protocol: 'tcp' | 'udp'; readonly port: number };

/** `in-use`: a program of the lab's user has the port, and answers itself. */
export type ListenerState = 'open' | 'in-use' | 'failed';

/** The packets that one machine's interfaces saw. */
export type Captured = {
  readonly machine: string;
  /** Of tcpdump: text in Latin-1, which verify/tcpdump.ts reads. As bytes it is handed on between threads, not copied. */
  readonly output: Uint8Array<ArrayBuffer>;
  /** Whether it ran from before the first probe until after the last: only then does a missing packet prove anything. */
  readonly complete: boolean;
  readonly error?: string;
};

/** The mark in every packet of a run: 16 bytes, `lnet`, the run, the probe's id and a sequence number. */
export const MARK = 'lnet';
export const MARK_LENGTH = 16;
/** The probe id of the packet that shows a capture has seen everything before it. */
export const LAST_PACKET = 0xffffffff;

/** Everything that happens in one run. Captures start first and end last. */
export type TestRun = {
  /** Tells this run's packets from any other's; 32 bits. */
  readonly run: number;
  readonly probes: readonly Probe[];
  readonly listeners: readonly Listener[];
  /** The machines to capture packets in. */
  readonly captures: readonly string[];
};

/** Each list is in the order of the run. */
export type TestOutcome = {
  readonly results: readonly ProbeResult[];
  readonly listeners: readonly ListenerState[];
  readonly captured: readonly Captured[];
};
