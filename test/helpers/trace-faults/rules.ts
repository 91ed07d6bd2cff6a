/** Rules and policies that drop. */
import type { Fault } from './fault.js';
import { CHAIN } from './fault.js';

export const RULES: readonly Fault[] = [
  {
    ...CHAIN,
    title: 'a reply that a rule drops',
    plant: { r2: 'iptables -I FORWARD -p icmp --icmp-type echo-reply -j DROP' },
    kind: 'rule',
    leg: 'back',
    machine: 'r2',
    text: /r2 drops the answer by the rule '-A FORWARD -p icmp -m icmp --icmp-type 0 -j DROP', which is not of the topology/,
    fix: /labnet exec r2 -- iptables -t filter -D FORWARD -p icmp -m icmp --icmp-type 0 -j DROP/,
  },
  {
    ...CHAIN,
    title: 'a request that a table of nftables drops',
    plant: {
      r4: `nft 'table ip mine { chain c { type filter hook forward priority 5; icmp type echo-request drop; }; }'`,
    },
    kind: 'rule',
    machine: 'r4',
    text: /r4 drops it by the rule 'icmp type echo-request drop'/,
    fix: /nft delete rule ip mine c handle \d+/,
  },
  {
    ...CHAIN,
    title: 'a rule ahead of all that is watched',
    plant: {
      r3: `nft 'table netdev x { chain c { type filter hook ingress device "eth0" priority 0; ip protocol icmp drop; }; }'`,
    },
    kind: 'unknown',
    machine: 'r3',
    text: /r3 drops it at eth0 ahead of where rules are watched: by a netdev/,
    fix: /labnet exec r3 -- nft list ruleset/,
  },
  {
    ...CHAIN,
    title: 'a policy',
    plant: { r4: 'iptables -P FORWARD DROP' },
    kind: 'rule',
    machine: 'r4',
    text: /r4 drops it by the policy of ip filter FORWARD/,
    fix: /iptables -t filter -P FORWARD ACCEPT/,
  },
  {
    ...CHAIN,
    title: 'a rule that rejects',
    plant: { r4: 'iptables -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset' },
    trace: ['source', 'sink:80'],
    kind: 'rule',
    machine: 'r4',
    text: /r4 drops it by the rule '-A FORWARD -p tcp -m tcp --dport 80 -j REJECT/,
    fix: /iptables -t filter -D FORWARD/,
  },
  {
    ...CHAIN,
    title: 'a firewall at the destination',
    plant: { sink: 'iptables -A INPUT -p udp -j DROP' },
    trace: ['source', 'sink:53', '--proto', 'udp'],
    kind: 'rule',
    machine: 'sink',
    text: /sink drops it by the rule '-A INPUT -p udp -j DROP'/,
    fix: /iptables -t filter -D INPUT -p udp -j DROP/,
  },
];
