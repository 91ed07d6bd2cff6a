import type { Preset } from '../behaviour.js';
import { OPEN } from '../behaviour.js';

export const corporate: Preset = {
  about:
    'a firewall that counts up: the next port for every destination, open to that one alone, soon forgotten',
  behaviour: {
    ...OPEN,
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
    hairpin: false,
    ports: 'sequential',
    timeouts: { udp: 30, 'udp-stream': 120, 'tcp-established': 3_600, 'tcp-transitory': 120, icmp: 30 },
  },
  source:
    'S. Guha, P. Francis: Characterization and Measurement of TCP Traversal through NATs and Firewalls, IMC 2005',
};
