/** A picture of a lab as data, independent of the format: nodes, links, and frames for NAT. */

/** A line of a node under its title: an address, the address others go out by, or what NAT does. */
export type GraphLine = {
  readonly kind: 'address' | 'gateway' | 'nat' | 'more' | 'verdict';
  readonly text: string;
};

/** Whether it was on the way of a failed check, or only of such that passed. */
export type GraphMark = 'failed' | 'passed';

export type GraphNode = {
  /** Letters and digits, unique in the picture; the same for the same lab. */
  readonly id: string;
  readonly kind: 'segment' | 'router' | 'host';
  /** The name; for a group `peer-1 … peer-50`. */
  readonly title: string;
  /** The machines or segments that this node stands for, in the order of the lab. */
  readonly names: readonly string[];
  readonly lines: readonly GraphLine[];
  readonly mark?: GraphMark;
};

export type GraphLink = {
  readonly machine: string;
  readonly segment: string;
  /** Whether the machine is what others on the segment go out by. */
  readonly isGateway: boolean;
  /** How many steps from the middle of the picture the nearer end is, and which end that is. */
  readonly depth: number;
  readonly nearer: 'machine' | 'segment';
};

/** What lies behind a router, drawn in a frame. */
export type GraphBox = {
  readonly id: string;
  readonly title: string;
  readonly nodes: readonly string[];
  readonly boxes: readonly GraphBox[];
};

export type Graph = {
  readonly name: string;
  /** A description of the picture in one sentence, for screen readers. */
  readonly summary: string;
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  /** The nodes outside every NAT, with the frames. */
  readonly root: GraphBox;
};
