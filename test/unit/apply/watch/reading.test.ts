import test from 'ava';
import { connectionIn, readingOf } from '../../../../src/apply/watch/reading.js';
import { newsOf } from '../../../../src/apply/watch/polling.js';
import type { Machine } from '../../../../src/model/lab.js';
import { example, read } from '../../../helpers/topologies.js';

const [router] = example('virtual-wan').machines.filter(({ name }) => name === 'router') as [Machine];

const LINKS = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT
2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP mode DEFAULT
3: ens4@if7: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT
`;
const ADDRESSES = `1: lo    inet 127.0.0.1/8 scope host lo
2: ens3    inet 192.168.10.10/24 brd 192.168.10.255 scope global ens3
3: ens4    inet 172.168.10.10/24 scope global ens4
`;
const COUNTERS = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
  ens3:   11830     147    0    3    0     0          0         0    10902     131    0    4    0     0       0          0
  ens4:       7       1    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;
const TRACKED = [
  'ipv4     2 icmp     1 29 src=192.168.10.100 dst=100.100.100.200 type=8 code=0 id=7 src=172.168.10.100 dst=100.100.100.100 type=0 code=0 id=7 mark=0 zone=0 use=2',
  'ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.1.1 sport=40000 dport=80 src=10.0.1.1 dst=10.0.0.1 sport=80 dport=40000 [ASSURED] mark=0 use=1',
  'ipv6     10 udp      17 20 src=2001:db8::1 dst=2001:db8::2 sport=53 dport=53 [UNREPLIED] src=2001:db8::2 dst=2001:db8::1 sport=53 dport=53 mark=0 use=1',
].join('\n');

const said = (saved: string, tracked: string): string =>
  [LINKS, ADDRESSES, COUNTERS, saved, '', '', '', `${tracked}\n`, '3\n'].join('#-- next\n');
const SAVED = read('test/recorded/iptables-save-router.txt');

test('interfaces are found by their addresses, whatever the machine calls them', (t) => {
  const { interfaces, rules, connections, count } = readingOf(said(SAVED, TRACKED), router);
  t.deepEqual(interfaces, [
    {
      ...{ index: 0, isUp: true, received: 147, sent: 131, receivedBytes: 11830, sentBytes: 10902 },
      dropped: 7,
    },
    { index: 1, isUp: false, received: 1, sent: 0, receivedBytes: 7, sentBytes: 0, dropped: 0 },
  ]);
  t.true(rules.length > 5);
  t.deepEqual([connections.length, count], [3, 3]);
});

test('connections of /proc and of conntrack -L', (t) => {
  const [icmp, tcp, udp] = TRACKED.split('\n').flatMap(connectionIn);
  t.like(icmp, {
    ...{ protocol: 'icmp', source: '192.168.10.100', destination: '100.100.100.200' },
    ...{ answerSource: '172.168.10.100', answerDestination: '100.100.100.100' },
  });
  t.like(tcp, { protocol: 'tcp', source: '10.0.0.1:40000', answerSource: '10.0.1.1:80' });
  t.like(udp, { protocol: 'udp', source: '[2001:db8::1]:53', destination: '[2001:db8::2]:53' });
  const listed =
    'udp      17 29 src=10.0.0.1 dst=10.0.1.1 sport=5 dport=6 src=10.0.1.1 dst=10.0.0.1 sport=6 dport=5 use=1';
  t.like(connectionIn(listed)[0], { protocol: 'udp', source: '10.0.0.1:5' });
  t.deepEqual(connectionIn(''), []);
});

test('what is new since the reading before', (t) => {
  const [first, second] = TRACKED.split('\n');
  const reading = (saved: string, ...tracked: readonly (string | undefined)[]) =>
    readingOf(said(saved, tracked.join('\n')), router);
  const before = reading(SAVED, first);
  const [all] = newsOf('router', before, undefined);
  t.true(all?.isReloaded);
  t.is(all?.rules.length, before.rules.length);
  t.deepEqual(newsOf('router', reading(SAVED, first), before), []);
  const counted = SAVED.replace(/^\[(\d+):(\d+)\] -A LABNET-DNAT/m, '[12345:99] -A LABNET-DNAT');
  const [news] = newsOf('router', reading(counted, second), before);
  t.false(news?.isReloaded);
  t.deepEqual(
    news?.rules.map(({ packets }) => packets),
    [12345],
  );
  t.deepEqual([news?.came.length, news?.went.length], [1, 1]);
  t.true(newsOf('router', reading('', first), before)[0]?.isReloaded);
});
