/**
 * A resolved topology, with every address, route and mapping. It is plain data, and is saved as JSON.
 * Addresses are text: `192.168.10.10` for one address, `192.168.10.10/24` with the prefix length of its subnet.
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
  /** The segments behind this router's NAT that no untranslated packet may enter. */
  readonly isolated: readonly string[];
  /** The same for IPv6; undefined where there are none. */
  readonly isolated6?: readonly string[];
  readonly vagrant?: Vagrant;
  readonly provision: readonly string[];
};

export type Interface = {
  /** The name of the interface in the machine: eth0, eth1, … */
  readonly name: string;
  readonly segment: string;
  readonly mac: string;
  /** What happens to packets to and from the segment; undefined where nothing does. */
  readonly link?: Link;
  /** The link of the file, where `link` was changed while the lab runs. */
  readonly declared?: Link;
  /** With the prefix length. The first address of a family is the machine's own, others are for NAT. */
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
  /** The router's outside interface, if the mapping names one; otherwise all except the inside. */
  readonly via?: string;
  /** The segment whose subnet has the public address; undefined where it is routed to this router. */
  readonly onSegment?: string;
  /** Which senders may reach the host by TCP and UDP; default: all. */
  readonly filtering?: Dependence;
  /** Whether other hosts behind this router reach it by its public address. */
  readonly hairpin?: false;
};
/** A segment as a mapping sees it: its subnet, and the router's interface there, if it has one. */
export type InsideSegment = {
  readonly segment: string;
  readonly subnet: string;
  readonly interface?: string;
};
/** For IPv4 or IPv6, depending on its addresses. */
export type MasqueradeMapping = At & {
  readonly kind: 'masquerade';
  readonly inside: readonly InsideSegment[];
  readonly via: string;
  /** The router's address on the outside segment, or the first of the pool. */
  readonly public: string;
  /** All shared public addresses. */
  readonly pool: readonly string[];
  /** Addresses of the pool outside all segments, which are routed to this router. */
  readonly routed?: readonly string[];
  readonly outside: string;
  readonly preset: string;
  readonly behaviour: Behaviour;
  /** With `ports: blocks`: the inside addresses, in the order of their blocks. */
  readonly subscribers?: readonly string[];
  /** The protocols by which inside hosts may open ports. */
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
/** Prefix translation (RFC 6296). */
export type NptMapping = At & {
  readonly kind: 'nptv6';
  readonly inside: readonly InsideSegment[];
  readonly via: string;
  readonly outside: string;
  /** The prefix inside; as long as `public`. */
  readonly prefix: string;
  /** The prefix that it is translated to. */
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

/** A check of the file. `text` is how it is written there. */
export type WrittenCheck = At & {
  readonly kind: 'ping' | 'tcp' | 'udp' | 'blocked' | 'path';
  readonly text: string;
  readonly from: string;
  readonly to: Target;
  readonly seenAs?: string;
  readonly protocol?: 'icmp' | Protocol;
  readonly routers?: readonly string[];
};
