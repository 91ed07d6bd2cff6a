/** What `labnet watch` observes of a running lab, and a sample of what has changed since the last one. */

export type Watched = {
  /** Interfaces; a sample refers to them by their index here. */
  readonly interfaces: readonly {
    readonly machine: string;
    readonly name: string;
    /** Its index among the machine's own interfaces. */
    readonly position: number;
  }[];
  /** Machines whose rules and connections are observed. */
  readonly routers: readonly string[];
};

/** The counters of an interface since it was made, from the machine's side. */
export type InterfaceCount = {
  readonly index: number;
  readonly isUp: boolean;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Packets that were dropped on receipt or on sending. */
  readonly dropped: number;
};

/** The counter of a rule. `place` identifies the rule in the kernel: see core/rule-place.ts. */
export type RuleCount = { readonly place: string; readonly packets: number; readonly bytes: number };

/** A connection that is tracked (conntrack(8)): addresses with ports where it has them. */
export type Connection = {
  /** The kernel's, unique in its router. */
  readonly id: number;
  /** `tcp`, `udp`, `icmp`, or a number of IANA's. */
  readonly protocol: string;
  /** Addresses in packets of the side that opened it. */
  readonly source: string;
  readonly destination: string;
  /** Addresses in packets of the answering side; not the reverse of the others where NAT translates. */
  readonly answerSource: string;
  readonly answerDestination: string;
};

export type RouterSample = {
  readonly router: string;
  /**
   * Whether the ruleset was replaced since the last sample, so that the places are new. `rules` has all counters then, as far
   * as netlink gives them.
   */
  readonly isReloaded: boolean;
  readonly rules: readonly RuleCount[];
  /** The number of tracked connections; undefined where it is unknown. */
  readonly connections?: number;
  readonly came: readonly Connection[];
  /** The ids of connections that have ended. */
  readonly went: readonly number[];
};

export type Sample = {
  readonly interfaces: readonly InterfaceCount[];
  /** Routers for which something is new. */
  readonly routers: readonly RouterSample[];
};
