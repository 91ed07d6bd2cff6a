/**
 * Presets for kinds of access and of long-distance paths, each written as in a topology, with the source of the numbers;
 * docs/links.md shows the table. A preset stands for a technology, not for a provider: override the values that matter.
 */
import type { WrittenDirection } from '../topology/link-schema.js';

export type LinkPreset = {
  readonly about: string;
  readonly source: string;
  /** A path between two equal ends, for segments. Otherwise the preset is the access of one machine, seen from there. */
  readonly isSymmetric: boolean;
  readonly both: Omit<WrittenDirection, 'delay'> & { readonly delay: { readonly rtt: string } };
  readonly up?: WrittenDirection;
  readonly down?: WrittenDirection;
};

const WEBPAGETEST = 'connectivity.ini.sample of WebPageTest (WPO Foundation)';
const OWN = "the rest is labnet's choice";

export const LINK_PRESETS: Readonly<Record<string, LinkPreset>> = {
  fibre: {
    about: 'fibre to the home',
    source: `delay: the profile FIOS in ${WEBPAGETEST}; ${OWN}`,
    isSymmetric: true,
    both: { delay: { rtt: '4ms' }, jitter: '0.5ms', rate: '500mbit', queue: '20ms' },
  },
  dsl: {
    about: 'a telephone line, with a deep queue upstream',
    source: `delay: the profile DSL in ${WEBPAGETEST}; deep queues: Gettys and Nichols, Bufferbloat, ACM Queue 9(11), 2011; ${OWN}`,
    isSymmetric: false,
    both: { delay: { rtt: '50ms' }, jitter: '1ms', loss: '0.01%' },
    up: { rate: '10mbit', queue: '200ms' },
    down: { rate: '50mbit', queue: '100ms' },
  },
  cable: {
    about: 'a television cable',
    source: `delay: the profile Cable in ${WEBPAGETEST}; ${OWN}`,
    isSymmetric: false,
    both: { delay: { rtt: '28ms' }, jitter: '2ms', loss: '0.05%' },
    up: { rate: '20mbit', queue: '250ms' },
    down: { rate: '200mbit', queue: '100ms' },
  },
  '4g': {
    about: 'LTE',
    source: `delay and rate: the profile LTE in ${WEBPAGETEST}; ${OWN}`,
    isSymmetric: false,
    both: { delay: { rtt: '70ms' }, jitter: '8ms', loss: '0.2%', rate: '12mbit', queue: '300ms' },
  },
  '5g': {
    about: '5G of mid band',
    source: `of the delay 4 ms each way are the radio's (3GPP TR 38.913 section 7.5, mobile broadband); ${OWN}`,
    isSymmetric: false,
    both: { delay: { rtt: '30ms' }, jitter: '4ms', loss: '0.1%' },
    up: { rate: '25mbit', queue: '150ms' },
    down: { rate: '200mbit', queue: '100ms' },
  },
  'geo-satellite': {
    about: 'a satellite in geostationary orbit',
    source: `delay: RFC 2488 section 2, 239.6 to 279 ms up and down, twice, and what the ground adds; ${OWN}`,
    isSymmetric: false,
    both: { delay: { rtt: '600ms' }, jitter: '10ms', loss: '0.5%' },
    up: { rate: '3mbit', queue: '500ms' },
    down: { rate: '25mbit', queue: '300ms' },
  },
  'leo-satellite': {
    about: 'a constellation in low Earth orbit',
    source: `of the order in Mohan et al., A Multifaceted Look at Starlink Performance, WWW 2024; ${OWN}`,
    isSymmetric: false,
    both: { delay: { rtt: '45ms' }, jitter: '6ms', loss: { mean: '1%', burst: 4 } },
    up: { rate: '15mbit', queue: '150ms' },
    down: { rate: '150mbit', queue: '100ms' },
  },
  intercontinental: {
    about: 'a cable of 15,000 km',
    source: `delay: light in fibre goes 204,000 km/s (index of refraction 1.468), 147 ms there and back; ${OWN}`,
    isSymmetric: true,
    both: { delay: { rtt: '150ms' }, jitter: '0.5ms', loss: '0.01%', rate: '1gbit', queue: '50ms' },
  },
  wifi: {
    about: 'Wi-Fi in a flat with neighbours',
    source: `delay and rate down: the profile Wi-Fi of Firefox's network throttling; ${OWN}`,
    isSymmetric: true,
    both: { delay: { rtt: '2ms' }, jitter: '1ms', loss: '0.1%', rate: '30mbit', queue: '50ms' },
  },
};
