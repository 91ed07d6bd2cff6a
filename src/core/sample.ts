/** What is watched of a running lab, and what has changed there since the last look: plain data. */

export type Watched = {
  /** Interfaces; a sample names each by its place in this list. */
  readonly interfaces: readonly {
    readonly machine: string;
    readonly name: string;
    /** Its place among the machine's own. */
    readonly position: number;
  }[];
  /** Machines whose rules and connections are looked at. */
  readonly routers: readonly string[];
};

/** What an interface has counted since it was made, as the machine sees it. */
export type InterfaceCount = {
  readonly index: number;
  readonly isUp: boolean;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Packets that could not be taken in or given out. */
  readonly dropped: number;
};

/** What a rule has counted. `place` is where it is in the kernel: family, table, chain, and which one there. */
export type RuleCount = { readonly place: string; readonly packets: number; readonly bytes: number };

/** A connection that is tracked (conntrack(8)): addresses with ports where it has them. */
export type Connection = {
  /** The kernel's, unique in its router. */
  readonly id: number;
  /** `tcp`, `udp`, `icmp`, or a number of IANA's. */
  readonly protocol: string;
  /** As who began it sends. */
  readonly source: string;
  readonly destination: string;
  /** As the answers come: the other way round, but for what is translated. */
  readonly answerSource: string;
  readonly answerDestination: string;
};

export type RouterSample = {
  readonly router: string;
  /**
   * Whether the rules are others than at the last look, or have to be read by programs: their places are new, and `rules` is
   * all that is known of them.
   */
  readonly isReloaded: boolean;
  readonly rules: readonly RuleCount[];
  /** How many connections are tracked; undefined where nobody can say. */
  readonly connections?: number;
  readonly came: readonly Connection[];
  /** The ids of those that are over. */
  readonly went: readonly number[];
};

export type Sample = {
  readonly interfaces: readonly InterfaceCount[];
  /** Those with something new. */
  readonly routers: readonly RouterSample[];
};
