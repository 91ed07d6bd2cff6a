/**
 * Kinds of access and of ways, each as a file would write it. One table, with where the numbers come from; docs/links.md
 * shows it. They stand for a kind, not for a provider: what matters to you, write beside the preset.
 */
import type { WrittenDirection } from '../topology/link-schema.js';

export type LinkPreset = {
  readonly about: string;
  readonly source: string;
  /** A way between two equal ends, as a segment can have it; otherwise a machine's access, seen from the machine. */
  readonly isSymmetric: boolean;
  readonly both: Omit<WrittenDirection, 'delay'> & { readonly delay: { readonly rtt: string } };
  readonly up?: WrittenDirection;
  readonly down?: WrittenDirection;
};

/** Ofcom, UK home broadband performance: measurement period March 2023 (2023), figures of latency and of loss. */
const OFCOM = 'Ofcom, UK home broadband performance, March 2023';
const FCC = 'FCC, Thirteenth Measuring Broadband America Fixed Broadband Report (2023)';

export const LINK_PRESETS: Readonly<Record<string, LinkPreset>> = {
  fibre: {
    about: 'fibre to the home',
    source: `${FCC}: latency of fibre 9 to 13 ms`,
    isSymmetric: true,
    both: { delay: { rtt: '10ms' }, jitter: '0.5ms', rate: '500mbit', queue: '20ms' },
  },
  dsl: {
    about: 'VDSL2 on copper, with a deep queue upstream',
    source: `${OFCOM}; rates of profile 17a, ITU-T G.993.2; queues: Gettys and Nichols, Bufferbloat, ACM Queue 9(11), 2011`,
    isSymmetric: false,
    both: { delay: { rtt: '25ms' }, jitter: '1ms', loss: '0.01%' },
    up: { rate: '10mbit', queue: '200ms' },
    down: { rate: '50mbit', queue: '100ms' },
  },
  cable: {
    about: 'DOCSIS 3.1 cable',
    source: `${FCC}: latency of cable 15 to 30 ms; queues: RFC 8034 section 1`,
    isSymmetric: false,
    both: { delay: { rtt: '20ms' }, jitter: '2ms', loss: '0.05%' },
    up: { rate: '20mbit', queue: '250ms' },
    down: { rate: '200mbit', queue: '100ms' },
  },
  '4g': {
    about: 'LTE, out of doors',
    source:
      'Ofcom, Mobile Matters (2023): median 4G response 47 ms; 3GPP TR 36.912 section B.2 on the radio part',
    isSymmetric: false,
    both: { delay: { rtt: '48ms' }, jitter: '8ms', loss: '0.2%' },
    up: { rate: '10mbit', queue: '300ms' },
    down: { rate: '30mbit', queue: '300ms' },
  },
  '5g': {
    about: '5G of mid band, non-standalone',
    source: 'Ofcom, Mobile Matters (2023): median 5G response 37 ms; Narayanan et al., SIGCOMM 2021',
    isSymmetric: false,
    both: { delay: { rtt: '30ms' }, jitter: '4ms', loss: '0.1%' },
    up: { rate: '25mbit', queue: '150ms' },
    down: { rate: '200mbit', queue: '100ms' },
  },
  'geo-satellite': {
    about: 'a satellite in geostationary orbit',
    source:
      'RFC 2488 section 2 (35,786 km up and down: 239.6 ms one way); FCC: satellite latency about 600 ms',
    isSymmetric: false,
    both: { delay: { rtt: '600ms' }, jitter: '10ms', loss: '0.5%' },
    up: { rate: '3mbit', queue: '500ms' },
    down: { rate: '25mbit', queue: '300ms' },
  },
  'leo-satellite': {
    about: 'a constellation in low Earth orbit',
    source:
      'Mohan et al., A Multifaceted Look at Starlink Performance, WWW 2024: median RTT 40 to 50 ms, loss about 1 %',
    isSymmetric: false,
    both: { delay: { rtt: '45ms' }, jitter: '6ms', loss: { mean: '1%', burst: 4 } },
    up: { rate: '15mbit', queue: '150ms' },
    down: { rate: '150mbit', queue: '100ms' },
  },
  intercontinental: {
    about: 'between Europe and the east of Asia or the west of America',
    source:
      'light in fibre, 204,000 km/s (ITU-T G.652, index 1.468), over 15,000 km of cable: 147 ms there and back',
    isSymmetric: true,
    both: { delay: { rtt: '150ms' }, jitter: '0.5ms', loss: '0.01%', rate: '1gbit', queue: '50ms' },
  },
  wifi: {
    about: 'Wi-Fi 5 in a flat with neighbours',
    source:
      'IEEE 802.11ac; Høiland-Jørgensen et al., Ending the Anomaly, USENIX ATC 2017, on queues and delay',
    isSymmetric: true,
    both: { delay: { rtt: '4ms' }, jitter: '1ms', loss: '0.1%', rate: '100mbit', queue: '50ms' },
  },
};
