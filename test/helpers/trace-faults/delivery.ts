/** What is too large, lost in a queue, or not answered. */
import type { Fault } from './fault.js';
import { CHAIN } from './fault.js';

export const DELIVERY: readonly Fault[] = [
  {
    ...CHAIN,
    title: 'a hole for large packets: a receiver with a smaller MTU',
    plant: { r3: 'ip link set eth0 mtu 1300' },
    kind: 'mtu',
    machine: 'r2',
    text: /small packets pass, 1500 bytes do not: r3's eth0 takes 1300 bytes: the 1500 that r2 sends it on hop2 are lost/,
    fix: /labnet exec r3 -- ip link set eth0 mtu 1500/,
  },
  {
    ...CHAIN,
    title: 'a hole for large packets: the ICMP that tells of it is filtered',
    plant: {
      r3: 'ip link set eth1 mtu 1300',
      r1: 'iptables -A FORWARD -p icmp --icmp-type destination-unreachable -j DROP',
    },
    kind: 'mtu',
    machine: 'r3',
    text: /small packets pass, 1500 bytes do not: r3 cannot send 1500 bytes on: eth1 takes 1300 .*r3 says so \(MTU 1300\), and that is dropped at r1/,
    fix: /^let ICMP errors pass: labnet exec r1 -- iptables -t filter -D FORWARD .*; or send no more than 1300 bytes/,
  },
  {
    ...CHAIN,
    title: 'a packet of a size that a link does not take',
    plant: { r3: 'ip link set eth1 mtu 1300' },
    trace: ['source', 'sink', '--size', '1400'],
    kind: 'mtu',
    machine: 'r3',
    text: /r3 cannot send 1400 bytes on: eth1 takes 1300/,
    fix: /no more than 1300 bytes/,
  },
  {
    ...CHAIN,
    title: 'a queue that loses it',
    plant: { r3: 'tc qdisc add dev eth1 root blackhole' },
    kind: 'queue',
    machine: 'r3',
    text: /r3 lost it in the queue of eth1/,
    fix: /tc qdisc del dev eth1 root/,
  },
  {
    ...CHAIN,
    title: 'a destination that ignores pings',
    plant: { sink: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1' },
    kind: 'no-answer',
    machine: 'sink',
    text: /sink is given it, and ignores pings/,
    fix: /sysctl -w net\.ipv4\.icmp_echo_ignore_all=0/,
  },
];
