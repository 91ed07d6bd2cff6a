import type { Preset } from '../behaviour.js';
import { OPEN } from '../behaviour.js';

export const portRestrictedCone: Preset = {
  about: 'a port is open to the addresses and ports that were sent to',
  behaviour: { ...OPEN, filtering: 'address-and-port-dependent', hairpin: false },
  source: 'RFC 3489 section 5, "port restricted cone"',
};
