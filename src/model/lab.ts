/**
 * What a topology means: every address, route and mapping decided. Plain data, written to disk as JSON as it is.
 * Addresses are text: `192.168.10.10` for one address, `192.168.10.10/24` with the length of its subnet.
 */
import type { Family } from '../core/ip.js';
import type { Dependence, PortControl } from '../core/nat-words.js';
import type { Link } from '../link/impairment.js';
import type { Behaviour } from '../nat/behaviour.js';

export type Lab = {
  readonly name: string;
  /** The topology file's base name, for the comments of rules. */
  readonly file: string;
  readonly segments: readonly Segment[];
  /** Routers first, then hosts, each in the order of the file. */
  readonly machines: readonly Machine[];
  readonly checks: readonly WrittenCheck[];
};

export type Segment = {
  readonly name: string;
  readonly subnet?: string;
  readonly subnet6?: string;
};

export type Machine = {
  readonly name: string;
  readonly kind: 'host' | 'router';
  readonly interfaces: readonly Interface[];
  readonly routes: readonly Route[];
  readonly nat: readonly Mapping[];
  /** The segments behind this router's NAT to which nothing untranslated may go. */
  readonly isolated: readonly string[];
  /** The same for IPv6; left out where it is none. */
  readonly isolated6?: readonly string[];
  readonly vagrant?: Vagrant;
  readonly provision: readonly string[];
};

export type Interface = {
  /** As the machine knows it: eth0, eth1, … */
  readonly name: string;
  readonly segment: string;
  readonly mac: string;
  /** What happens to packets on the way to its segment and back; left out where nothing does. */
  readonly link?: Link;
  /** What the file says of it, where that is not `link`: it was changed while the lab runs. */
  readonly declared?: Link;
  /** With the length of the subnet; the first of a family is the machine's own, later ones are NAT's. */
  readonly addresses: readonly string[];
};

export type Route = {
  readonly family: Family;
  readonly to: 'default' | (string & {});
  readonly via: string;
  readonly interface: string;
  readonly origin: 'gateway' | 'computed' | 'written';
};

export type Protocol = 'tcp' | 'udp';
/** A host as a mapping sees it: its address on a segment of the router, and the router's interface there. */
export type Inside = {
  readonly machine: string;
  readonly address: string;
  readonly segment: string;
  readonly interface: string;
};
type At = { readonly line: number };

export type StaticMapping = At & {
  readonly kind: 'static';
  readonly inside: Inside;
  readonly public: string;
  /** The router's outside interface, where the mapping has one; otherwise all but the inside. */
  readonly via?: string;
  /** The segment whose subnet has the public address; undefined where it is routed to this router. */
  readonly onSegment?: string;
  /** From whom the host accepts TCP and UDP; default: from everybody. */
  readonly filtering?: Dependence;
  /** False: others behind this router do not reach it by its public address. */
  readonly hairpin?: false;
};
/** A segment as a mapping sees it: its subnet, and the router's interface there, if it has one. */
export type InsideSegment = {
  readonly segment: string;
  readonly subnet: string;
  readonly interface?: string;
};
/** Of IPv4 or IPv6, as its addresses are. */
export type MasqueradeMapping = At & {
  readonly kind: 'masquerade';
  readonly inside: readonly InsideSegment[];
  readonly via: string;
  /** The router's address on the outside segment, or the first of the pool. */
  readonly public: string;
  /** Every address that is shared. */
  readonly pool: readonly string[];
  /** Those of the pool that lie in no segment, and are routed to this router. */
  readonly routed?: readonly string[];
  readonly outside: string;
  readonly preset: string;
  readonly behaviour: Behaviour;
  /** With `ports: blocks`: who has one, in the order of their blocks. */
  readonly subscribers?: readonly string[];
  /** By what inside hosts may have ports opened. */
  readonly portControl?: readonly PortControl[];
};
export type ForwardMapping = At & {
  readonly kind: 'forward';
  readonly protocol: Protocol;
  readonly ports: { readonly first: number; readonly last: number };
  readonly via: string;
  readonly public: string;
  readonly outside: string;
  readonly inside: Inside;
  /** The port at the inside host that `ports.first` goes to. */
  readonly toPort: number;
};
/** One prefix is seen as another (RFC 6296). */
export type NptMapping = At & {
  readonly kind: 'nptv6';
  readonly inside: readonly InsideSegment[];
  readonly via: string;
  readonly outside: string;
  /** The prefix inside; as long as `public`. */
  readonly prefix: string;
  /** The prefix that it is seen under. */
  readonly public: string;
};
export type Mapping = StaticMapping | MasqueradeMapping | ForwardMapping | NptMapping;

export type Vagrant = {
  readonly box?: string;
  readonly memory?: number;
  readonly cpus?: number;
  readonly virtualbox?: Readonly<Record<string, unknown>>;
  readonly libvirt?: Readonly<Record<string, unknown>>;
};

/** A machine, one of its segments, or a bare address; `port` for tcp and udp. */
export type Target = {
  readonly machine?: string;
  readonly segment?: string;
  readonly address?: string;
  readonly port?: number;
};

/** A check as the file asks for it. `text` is how it is written there. */
export type WrittenCheck = At & {
  readonly kind: 'ping' | 'tcp' | 'udp' | 'blocked' | 'path';
  readonly text: string;
  readonly from: string;
  readonly to: Target;
  readonly seenAs?: string;
  readonly protocol?: 'icmp' | Protocol;
  readonly routers?: readonly string[];
};
