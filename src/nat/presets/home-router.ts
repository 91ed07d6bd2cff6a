import type { Preset } from '../behaviour.js';

/** What a consumer router does: netfilter's masquerade with the door shut to unasked packets. */
export const homeRouter: Preset = {
  behaviour: {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    hairpin: true,
    ports: 'preserve',
  },
  source: 'RFC 4787 REQ-1, REQ-8, REQ-9; netfilter MASQUERADE',
};
