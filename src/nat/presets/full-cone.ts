import type { Preset } from '../behaviour.js';
import { OPEN } from '../behaviour.js';

export const fullCone: Preset = {
  about: 'a port once opened is open to everybody',
  behaviour: OPEN,
  source: 'RFC 3489 section 5, "full cone"; RFC 4787 REQ-1, REQ-8',
};
