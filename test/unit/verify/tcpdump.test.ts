/** On what real tools printed: test/recorded/ has the output of tcpdump 4.99 and iptables 1.8.9 in a lab. */
import test from 'ava';
import { droppingRules, readCounters } from '../../../src/verify/counters.js';
import { eachPacket, markOfArrival, packetAt, readTcpdump } from '../../../src/verify/tcpdump.js';
import { printed, read } from '../../helpers/topologies.js';

const RUN = 0x01020304;

test('each packet has its addresses, ports, protocol, direction and mark', (t) => {
  const packets = readTcpdump(printed(read('test/recorded/tcpdump-proxyB.txt')));
  const [echo, reply, udp] = packets;
  t.like(echo, {
    interface: 'eth0',
    direction: 'in',
    protocol: 'icmp',
    type: 8,
    source: '100.100.100.100',
    destination: '172.168.10.100',
    mark: { run: RUN, id: 0 },
  });
  t.like(reply, { direction: 'out', protocol: 'icmp', type: 0, source: '172.168.10.100' });
  t.like(udp, {
    protocol: 'udp',
    source: '192.168.10.101',
    destinationPort: 5353,
    mark: { run: RUN, id: 1 },
  });
  t.true(packets.every(({ line, time }) => line !== '' && time > 1.7e9));
});

test('a packet with another one in it has its own bytes, whatever is told of the inner one', (t) => {
  const packets = readTcpdump(printed(read('test/recorded/tcpdump-vxlan.txt')));
  t.deepEqual(
    packets.map(({ interface: on, protocol, destination, destinationPort }) => [
      on,
      protocol,
      destination,
      destinationPort,
    ]),
    [
      ['vx0', 'icmp', 'ff02::1:ff00:9902', undefined],
      ['eth1', 'udp', '203.0.113.1', 4789],
    ],
  );
});

test('a connection is told by its SYN, its data by the mark', (t) => {
  const packets = readTcpdump(printed(read('test/recorded/tcpdump-proxyB.txt'))).filter(
    ({ protocol }) => protocol === 'tcp',
  );
  const syns = packets.filter(({ isSyn }) => isSyn === true);
  t.deepEqual(
    syns.map(({ source, destinationPort }) => `${source} ${destinationPort ?? 0}`),
    ['100.100.100.100 8080', '192.168.10.101 81'],
  );
  t.true(packets.some(({ mark }) => mark?.id === 2));
});

test('what an ICMP error quotes is not taken for the packet itself', (t) => {
  const packets = readTcpdump(printed(read('test/recorded/tcpdump-sink.txt')));
  const marked = packets.filter(({ mark }) => mark?.run === RUN && mark.id === 2);
  t.deepEqual(
    marked.map(({ protocol, direction }) => `${protocol} ${direction}`),
    ['udp in'],
  );
});

test('IPv6 packets are read', (t) => {
  const echo = readTcpdump(printed(read('test/recorded/tcpdump-sink.txt'))).find(({ type }) => type === 128);
  t.like(echo, {
    source: '2001:db8::2',
    destination: '2001:db8:5::2',
    protocol: 'icmp',
    mark: { run: RUN, id: 0 },
  });
});

test('text that is no packet is passed over', (t) => {
  t.deepEqual(readTcpdump(printed('tcpdump: listening on any\n\t0x0000:  zz\n12:00 nonsense\n')), []);
  t.deepEqual(readTcpdump(printed('')), []);
});

test('counters are read from iptables-save, and rules that dropped something in between are found', (t) => {
  const saved = read('test/recorded/iptables-save-router.txt');
  const rules = readCounters(saved);
  t.true(
    rules.some(({ rule, packets }) => rule.includes('DNAT --to-destination 172.168.10.100') && packets > 0),
  );
  t.deepEqual(droppingRules(saved, saved), []);
  const later = saved.replace('[2:88] -A LABNET-FORWARD ! -i eth1', '[5:220] -A LABNET-FORWARD ! -i eth1');
  t.deepEqual(droppingRules(saved, later), [
    '-A LABNET-FORWARD ! -i eth1 -o eth1 -m comment --comment "untranslated to intnetB" -j DROP (+3 packets)',
  ]);
});

for (const name of ['proxyB', 'sink', 'vxlan'])
  test(`a packet of ${name} is read again from where it is`, (t) => {
    const output = printed(read(`test/recorded/tcpdump-${name}.txt`));
    const again: unknown[] = [];
    eachPacket(output, (_, at) => again.push(packetAt(output, at)));
    t.true(again.length > 1);
    t.deepEqual(again.filter(Boolean), readTcpdump(output));
  });

test('an arrival is what came in with a mark, and is no reply', (t) => {
  const output = printed(read('test/recorded/tcpdump-proxyB.txt'));
  const arrivals: unknown[] = [];
  eachPacket(output, (packet) => arrivals.push(markOfArrival(packet)));
  const wanted = readTcpdump(output).map(({ direction, type, mark }) =>
    direction === 'in' && type !== 0 ? mark : undefined,
  );
  t.deepEqual(arrivals, wanted);
  t.true(wanted.some((mark) => mark?.run === RUN));
  t.true(wanted.includes(undefined));
});
