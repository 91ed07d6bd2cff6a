/** What the server of `labnet watch` and its page say to each other: JSON, as events and as bodies of requests. */

/** The lab, as long as it is not changed. Interfaces and rules are named by their places in these lists from then on. */
export type WireLab = {
  /** Another one after the lab was changed: the page is to be loaded anew. */
  readonly version: number;
  readonly name: string;
  readonly driver: string;
  readonly file: string;
  /** ISO 8601. */
  readonly created: string;
  readonly machines: readonly { readonly name: string; readonly kind: 'host' | 'router' }[];
  readonly interfaces: readonly WireInterface[];
  /** Of each line of the picture, by its number there, the interfaces that it stands for. */
  readonly links: readonly (readonly number[])[];
  /** Of each node of the picture, by its id, the machines that are drawn as it. */
  readonly nodes: Readonly<Record<string, readonly string[]>>;
};

export type WireInterface = {
  readonly machine: string;
  readonly name: string;
  readonly segment: string;
  readonly addresses: readonly string[];
};

export type WireRule = {
  readonly router: string;
  /** The line of the topology, 0 for what follows from the others. */
  readonly line: number;
  readonly title: string;
  readonly rule: string;
};

export type WireConnection = {
  readonly router: string;
  readonly id: number;
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly answerSource: string;
  readonly answerDestination: string;
};

/** Interface, whether it is up, packets received and sent, bytes received and sent, packets dropped. */
export type WireInterfaceCount = readonly [number, 0 | 1, number, number, number, number, number];
/** Rule, packets, bytes. */
export type WireRuleCount = readonly [number, number, number];

/** What has changed; behind `lab` and `rules` first all that there is. */
export type WireTick = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly interfaces: readonly WireInterfaceCount[];
  readonly rules: readonly WireRuleCount[];
  /** How many connections a router tracks. */
  readonly counts: readonly (readonly [router: string, count: number])[];
  readonly came: readonly WireConnection[];
  readonly went: readonly (readonly [router: string, id: number])[];
};

export type WireVerdict = {
  readonly status: 'pass' | 'fail' | 'error';
  readonly expectation: string;
  readonly observed: string;
  readonly cause?: string;
};

export type WireVerify =
  | { readonly state: 'none' }
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly message: string }
  | {
      readonly state: 'done';
      readonly passed: number;
      readonly failed: number;
      /** Milliseconds. */
      readonly duration: number;
      /** Those that failed first; of very many only so many. */
      readonly verdicts: readonly WireVerdict[];
    };

export type WireCapture = {
  readonly state: 'none' | 'starting' | 'running' | 'done' | 'failed';
  readonly places: readonly string[];
  readonly filter: string;
  readonly packets: number;
  /** Why it failed, or why it ended by itself. */
  readonly message?: string;
  /** Where the packets can be downloaded, seen from the page; by then it is over. */
  readonly file?: string;
};

export type TraceAsked = {
  readonly from: string;
  /** With a port where there is one. */
  readonly to: string;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
};

export type WireTraceHop = {
  readonly leg: 'there' | 'back';
  readonly machine: string;
  /** The interfaces it came in and went out by. */
  readonly way: string;
  readonly packet: string;
  readonly translations: readonly string[];
};

export type WireTrace =
  | { readonly state: 'none' }
  | { readonly state: 'running'; readonly asked: TraceAsked }
  | { readonly state: 'failed'; readonly asked: TraceAsked; readonly message: string }
  | {
      readonly state: 'done';
      readonly asked: TraceAsked;
      readonly isGood: boolean;
      readonly outcome: string;
      readonly hops: readonly WireTraceHop[];
      readonly cause?: string;
      readonly evidence?: readonly string[];
      readonly fix?: string;
      readonly notes: readonly string[];
    };

/** Lines as they come; `omitted` of those there was no room for. */
export type WireLines = {
  readonly lines: readonly string[];
  readonly omitted: number;
  /** Whether these are all that is known, for a page that has just come. */
  readonly isAll: boolean;
};

export type WireEvents = {
  readonly lab: WireLab;
  readonly rules: readonly WireRule[];
  readonly tick: WireTick;
  readonly verify: WireVerify;
  readonly capture: WireCapture;
  readonly lines: WireLines;
  readonly trace: WireTrace;
  /** The lab cannot be looked at just now. */
  readonly trouble: { readonly message: string };
  /** Nothing comes behind it. */
  readonly end: { readonly reason: string };
};

export type CaptureRequest = { readonly places: readonly string[]; readonly filter: string };

/** Of a request that was refused or failed: diagnostics as the command line shows them. */
export type WireError = { readonly message: string; readonly fix?: string };
