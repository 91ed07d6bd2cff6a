import type { Preset } from '../behaviour.js';
import { OPEN } from '../behaviour.js';

export const symmetric: Preset = {
  about: 'another random port for every destination, open to that one alone',
  behaviour: {
    ...OPEN,
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
    hairpin: false,
    ports: 'random',
  },
  source: 'RFC 3489 section 5, "symmetric"; iptables-extensions(8), MASQUERADE --random-fully',
};
