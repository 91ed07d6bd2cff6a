import type { Preset } from '../behaviour.js';

/** A new random port for every destination: RFC 3489's "symmetric NAT", netfilter's MASQUERADE --random-fully. */
export const symmetric: Preset = {
  behaviour: {
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
    hairpin: false,
    ports: 'random',
  },
  source: 'RFC 3489 section 5; iptables-extensions(8), MASQUERADE --random-fully',
};
