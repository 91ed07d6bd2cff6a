/** NAT behaviour in the terms of RFC 4787, RFC 5382 and RFC 5508; a preset is a name for a combination of values. */

import type { Dependence, Pooling, Ports, Timeouts } from '../core/nat-words.js';

export type Behaviour = {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** RFC 4787 section 6: inside hosts reach each other by their external addresses, and see each other with these. */
  readonly hairpin: boolean;
  readonly ports: Ports;
  /** Makes the random choice of ports the same in every run. */
  readonly seed?: number;
  /** Ports of each subscriber, with `ports: blocks`. */
  readonly blockSize: number;
  readonly pooling: Pooling;
  readonly timeouts: Timeouts;
  /** Whether ICMP errors are translated and let in (RFC 5508 section 4). */
  readonly icmpErrors: boolean;
};

export type Preset = {
  /** What has a behaviour of this kind. */
  readonly about: string;
  readonly behaviour: Behaviour;
  readonly source: string;
};

/** The defaults of Linux (Documentation/networking/nf_conntrack-sysctl.rst). */
export const LINUX_TIMEOUTS: Timeouts = {
  udp: 30,
  'udp-stream': 120,
  'tcp-established': 432_000,
  'tcp-transitory': 120,
  icmp: 30,
};

/** The least that RFC 4787 REQ-5, RFC 5382 REQ-5 and RFC 5508 REQ-1 allow. */
export const RFC_TIMEOUTS: Timeouts = {
  udp: 120,
  'udp-stream': 300,
  'tcp-established': 7_440,
  'tcp-transitory': 240,
  icmp: 60,
};

/** All except the well-known ports (RFC 6335 section 6). */
export const FIRST_PORT = 1_024;
export const LAST_PORT = 65_535;
export const PORTS_THERE = LAST_PORT - FIRST_PORT + 1;

/** Endpoint-independent mapping and filtering, with port preservation. Presets list only what differs from this. */
export const OPEN: Behaviour = {
  mapping: 'endpoint-independent',
  filtering: 'endpoint-independent',
  hairpin: true,
  ports: 'preserve',
  blockSize: 1_008,
  pooling: 'paired',
  timeouts: LINUX_TIMEOUTS,
  icmpErrors: true,
};
