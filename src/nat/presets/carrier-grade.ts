import type { Preset } from '../behaviour.js';
import { OPEN, RFC_TIMEOUTS } from '../behaviour.js';

export const carrierGrade: Preset = {
  about: "a carrier's NAT444: a block of ports for each subscriber, open to everybody once opened",
  behaviour: { ...OPEN, ports: 'blocks', timeouts: RFC_TIMEOUTS },
  source: 'RFC 6888 REQ-1, REQ-2, REQ-7, REQ-14; RFC 7422',
};
