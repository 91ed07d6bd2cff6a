/** `labnet trace` in labs with something planted in the way, by hand: it names that, and what mends it. */
import test from 'ava';
import type { TraceCause, TraceResult } from '../../src/index.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

type Fault = {
  readonly title: string;
  readonly lab: string;
  /** Shell, run in machines. */
  readonly plant: Readonly<Record<string, string>>;
  readonly trace: readonly string[];
  readonly kind: TraceCause['kind'];
  readonly machine: string;
  readonly text: RegExp;
  readonly fix: RegExp;
  readonly leg?: 'back';
};

const CHAIN = { lab: 'router-chain', trace: ['source', 'sink'] } as const;
const WAN = { lab: 'virtual-wan', trace: ['proxyA', 'proxyB'] } as const;

const FAULTS: readonly Fault[] = [
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
    title: 'a wrong gateway: a neighbour that is a host',
    plant: { proxyA: 'ip route replace default via 192.168.10.101' },
    kind: 'wrong-way',
    machine: 'proxyA',
    text: /proxyA sends it to peerA; by the topology it goes to router/,
    fix: /ip route replace default via 192\.168\.10\.10; 'labnet up virtual-wan\.yaml'/,
  },
  {
    ...WAN,
    title: 'a wrong gateway: nobody',
    plant: { proxyA: 'ip route replace default via 192.168.10.77' },
    kind: 'wrong-way',
    machine: 'proxyA',
    text: /proxyA sends it by 192\.168\.10\.77, which nobody on intnetA has; .*by 192\.168\.10\.10/,
    fix: /ip route replace default via 192\.168\.10\.10/,
  },
  {
    ...WAN,
    title: 'no gateway at all',
    plant: { proxyA: 'ip route del default' },
    kind: 'no-route',
    machine: 'proxyA',
    text: /proxyA has no route to 100\.100\.100\.200/,
    fix: /labnet exec proxyA -- ip route replace default via 192\.168\.10\.10/,
  },
  {
    ...WAN,
    title: 'a gateway that is down',
    plant: { router: 'ip link set eth0 down' },
    kind: 'no-neighbour',
    machine: 'proxyA',
    text: /router has 192\.168\.10\.10, .*does not answer proxyA on intnetA: its eth0 is down/,
    fix: /labnet up/,
  },
  {
    ...CHAIN,
    title: 'a reverse path filter, and a way back that goes elsewhere',
    plant: {
      r3: 'sysctl -qw net.ipv4.conf.eth0.rp_filter=1; ip route replace 10.0.0.0/24 via 10.0.3.2',
    },
    kind: 'rp-filter',
    machine: 'r3',
    text: /r3 drops it by its reverse path filter \(rp_filter strict: 1\): it came in by eth0/,
    fix: /sysctl -w net\.ipv4\.conf\.eth0\.rp_filter=0/,
  },
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
  {
    ...CHAIN,
    title: 'a blackhole route',
    plant: { r3: 'ip route add blackhole 10.0.5.2' },
    kind: 'route-refuses',
    machine: 'r3',
    text: /r3 drops it by the route 'blackhole 10\.0\.5\.2'/,
    fix: /labnet exec r3 -- ip route del blackhole 10\.0\.5\.2/,
  },
  {
    ...CHAIN,
    title: 'a missing route at a router',
    plant: { r3: 'ip route del 10.0.5.0/24' },
    kind: 'no-route',
    machine: 'r3',
    text: /r3 has no route to 10\.0\.5\.2/,
    fix: /ip route replace 10\.0\.5\.0\/24 via 10\.0\.3\.2/,
  },
  {
    ...CHAIN,
    title: 'a missing route back',
    plant: { sink: 'ip route del default' },
    kind: 'no-route',
    machine: 'sink',
    text: /sink .*has no route back to 10\.0\.0\.2/,
    fix: /ip route replace default via/,
  },
  {
    ...CHAIN,
    title: 'a router on the way back without a route',
    plant: { r2: 'ip route del 10.0.0.0/24' },
    kind: 'no-route',
    leg: 'back',
    machine: 'r2',
    text: /r2 has no route back to 10\.0\.0\.2/,
    fix: /ip route replace 10\.0\.0\.0\/24 via 10\.0\.1\.1/,
  },
  {
    ...CHAIN,
    title: 'forwarding switched off',
    plant: { r2: 'sysctl -qw net.ipv4.ip_forward=0' },
    kind: 'not-forwarding',
    machine: 'r2',
    text: /r2 does not forward: net\.ipv4\.ip_forward is 0/,
    fix: /sysctl -w net\.ipv4\.ip_forward=1/,
  },
  {
    ...CHAIN,
    title: 'routes that go round in circles',
    plant: { r3: 'ip route replace 10.0.5.0/24 via 10.0.2.1' },
    kind: 'wrong-way',
    machine: 'r3',
    text: /r3 sends it to r2; by the topology it goes to r4/,
    fix: /labnet up/,
  },
  {
    ...CHAIN,
    title: 'a more specific route that leads elsewhere',
    plant: { r3: 'ip route add 10.0.5.2 via 10.0.2.1' },
    kind: 'wrong-way',
    machine: 'r3',
    text: /r3 sends it to r2; by the topology it goes to r4/,
    fix: /^labnet exec r3 -- ip route del 10\.0\.5\.2 via 10\.0\.2\.1/,
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

for (const { title, lab, plant, trace, kind, machine, text, fix, leg = 'there' } of FAULTS)
  test.serial(`named: ${title}`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    t.is((await world.run('up', examplePath(lab))).code, 0);
    for (const [where, script] of Object.entries(plant)) {
      const planted = await world.run('exec', where, '--', 'sh', '-c', script);
      t.is(planted.code, 0, planted.stderr);
    }
    const result = (await world.json('trace', ...trace, '--json')) as unknown as TraceResult;
    const shown = JSON.stringify(result.cause, null, 2);
    t.is(result.cause?.kind, kind, shown);
    t.is(result.cause?.machine, machine, shown);
    t.is(result.cause?.leg, leg, shown);
    t.regex(result.cause?.text ?? '', text);
    t.regex(result.cause?.fix ?? '', fix);
    t.deepEqual(result.notes, []);
  });
