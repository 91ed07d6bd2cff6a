import type { Preset } from '../behaviour.js';
import { OPEN } from '../behaviour.js';

export const restrictedCone: Preset = {
  about: 'a port is open to the addresses that were sent to',
  behaviour: { ...OPEN, filtering: 'address-dependent' },
  source: 'RFC 3489 section 5, "restricted cone"; RFC 4787 REQ-8',
};
