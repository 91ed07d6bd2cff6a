/** The values of the keys that describe the behaviour of a NAT. */

/** What a mapping or a filter depends on (RFC 4787 sections 4.1 and 5), from the least strict to the strictest. */
export const DEPENDENCES = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
] as const;
export type Dependence = (typeof DEPENDENCES)[number];

/**
 * How the external port of a new mapping is chosen (RFC 4787 section 4.2): the internal port where it is free; a random
 * one; the next one; one of the same parity as the internal port, which is tried first; or one of the subscriber's own
 * block of ports (RFC 7422).
 */
export const PORTS = ['preserve', 'random', 'sequential', 'parity', 'blocks'] as const;
export type Ports = (typeof PORTS)[number];

/** Which address of a pool an inside host gets: always the same, or any (RFC 4787 section 4.1, REQ-2). */
export const POOLINGS = ['paired', 'arbitrary'] as const;
export type Pooling = (typeof POOLINGS)[number];

/** Protocols by which inside hosts open ports of a router: RFC 6886, RFC 6887, and UPnP's Internet Gateway Device. */
export const PORT_CONTROLS = ['nat-pmp', 'pcp', 'upnp'] as const;
export type PortControl = (typeof PORT_CONTROLS)[number];

/** Seconds until an idle mapping is forgotten: RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-1. */
export const TIMEOUTS = ['udp', 'udp-stream', 'tcp-established', 'tcp-transitory', 'icmp'] as const;
export type Timeouts = Readonly<Record<(typeof TIMEOUTS)[number], number>>;
