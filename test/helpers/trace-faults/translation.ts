/** What is planted in the way of translations. */
import type { Fault } from './fault.js';
import { WAN } from './fault.js';

export const TRANSLATION: readonly Fault[] = [
  {
    ...WAN,
    title: 'a missing DNAT rule',
    plant: { router: 'iptables -t nat -D LABNET-DNAT 2' },
    kind: 'not-translated',
    machine: 'router',
    text: /router does not translate the destination 100\.100\.100\.200; .*becomes 172\.168\.10\.100, and no rule does it/,
    fix: /labnet up virtual-wan\.yaml/,
  },
  {
    title: 'a missing SNAT rule',
    lab: 'two-homes',
    trace: ['alice', 'server'],
    plant: { 'router-a': 'nft flush chain ip labnet new1' },
    kind: 'not-translated',
    machine: 'router-a',
    text: /router-a does not translate the source 192\.168\.1\.10; .*becomes 203\.0\.113\.1/,
    fix: /labnet up two-homes\.yaml/,
  },
  {
    ...WAN,
    title: "somebody's rule before those of the topology",
    plant: { router: 'iptables -t nat -I PREROUTING -d 100.100.100.200 -j ACCEPT' },
    kind: 'not-translated',
    machine: 'router',
    text: /router does not translate the destination 100\.100\.100\.200; .*: the rule '-A PREROUTING -d 100\.100\.100\.200\/32 -j ACCEPT', which is not of the topology, comes before/,
    fix: /^labnet exec router -- iptables -t nat -D PREROUTING -d 100\.100\.100\.200\/32 -j ACCEPT$/,
  },
  {
    title: 'a forward that is gone',
    lab: 'dmz',
    trace: ['visitor', '203.0.113.1:443'],
    plant: { firewall: 'iptables -t nat -F LABNET-DNAT' },
    kind: 'not-translated',
    machine: 'firewall',
    text: /firewall does not translate the destination 203\.0\.113\.1; .*becomes 10\.2\.0\.80/,
    fix: /labnet up dmz\.yaml/,
  },
];
