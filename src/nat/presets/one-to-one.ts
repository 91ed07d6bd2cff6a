import type { Preset } from '../behaviour.js';
import { OPEN } from '../behaviour.js';

/** Of `static`: the whole public address is one host's. */
export const oneToOne: Preset = {
  about: 'a public address for one host alone, every port of it',
  behaviour: OPEN,
  source: 'RFC 2663 section 4.1.1, "basic NAT"',
};
