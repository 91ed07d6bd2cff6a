import type { Preset } from '../behaviour.js';
import { OPEN } from '../behaviour.js';

/** What netfilter's masquerade does for one host, and RFC 4787 wants for several: strict where two have the same port. */
export const homeRouter: Preset = {
  about: 'a consumer router: ports kept where they are free, closed to unasked packets, with hairpinning',
  behaviour: { ...OPEN, filtering: 'address-and-port-dependent' },
  source: 'RFC 4787 REQ-1, REQ-3, REQ-8, REQ-9; netfilter MASQUERADE',
};
