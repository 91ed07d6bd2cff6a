/** On what nft 1.0.6, tcpdump 4.99 and iptables 1.8.9 printed for two pings in virtual-wan: one published, one kept out. */
import test from 'ava';
import { tracedRules, ruleTexts } from '../../../../src/apply/trace/rule-texts.js';
import { isDrop, readRuleTrace } from '../../../../src/apply/trace/rule-trace.js';
import { sightingsOf } from '../../../../src/apply/trace/sightings.js';
import { endOf } from '../../../../src/apply/trace/story.js';
import { visitsFrom } from '../../../../src/apply/trace/visits.js';
import { sawLast, tableOf } from '../../../../src/apply/trace/watch-rules.js';
import { readPackets } from '../../../../src/verify/tcpdump.js';
import { printed, read } from '../../../helpers/topologies.js';

const RUN = 0x01020304;
const trace = (): string => read('test/recorded/nft-trace-router.txt');
const passages = () => readRuleTrace(trace(), tableOf(RUN));
const texts = () =>
  ruleTexts(read('test/recorded/nft-ruleset-router.txt'), {
    ip: read('test/recorded/iptables-save-trace.txt'),
    ip6: '',
  });
const sightings = () =>
  sightingsOf(
    [{ machine: 'router', packets: readPackets(printed(read('test/recorded/tcpdump-trace-router.txt'))) }],
    RUN,
  );

test('a packet is told from hook to hook, with what it is at each', (t) => {
  const [there, back, kept] = passages();
  t.deepEqual(
    there?.stages.map(({ stage, packet }) => `${stage} ${packet.source}>${packet.destination}`),
    [
      'prerouting 192.168.10.100>100.100.100.200',
      'routing 192.168.10.100>172.168.10.100',
      'forward 192.168.10.100>172.168.10.100',
      'forward-end 192.168.10.100>172.168.10.100',
      'postrouting 192.168.10.100>172.168.10.100',
      'postrouting-end 100.100.100.100>172.168.10.100',
    ],
  );
  const orders = [back, kept].map((one) => one?.stages[0]?.packet.source);
  t.deepEqual(orders.sort(), ['172.168.10.100', '192.168.10.100']);
});

test('its rules have the words of iptables, and the line of the topology', (t) => {
  const [there] = passages();
  const rules = tracedRules(there?.rules ?? [], texts(), 'virtual-wan.yaml');
  t.deepEqual(
    rules.filter(({ at }) => at).map(({ text, at }) => `${at?.line ?? 0} ${text}`),
    [
      '20 -A LABNET-DNAT -d 100.100.100.200/32 -j DNAT --to-destination 172.168.10.100',
      '19 -A LABNET-SNAT -s 192.168.10.100/32 -m conntrack --ctstate DNAT -j SNAT --to-source 100.100.100.100',
    ],
  );
  t.true(rules.every(({ own }) => own));
});

test('where the lists of nft and iptables differ, nft has the word', (t) => {
  const changed = ruleTexts(read('test/recorded/nft-ruleset-router.txt'), {
    ip: '*nat\n-A LABNET-DNAT -j X\n',
    ip6: '',
  });
  const [there] = passages();
  const dnat = tracedRules(there?.rules ?? [], changed, 'virtual-wan.yaml').find(
    ({ chain }) => chain === 'LABNET-DNAT',
  );
  t.is(dnat?.text, 'ip daddr 100.100.100.200 dnat to 172.168.10.100');
});

test('what is dropped is told by its rule; what came before it is no part of it', (t) => {
  const dropped = passages().filter(({ rules }) => rules.some(isDrop));
  t.is(dropped.length, 1);
  const visits = visitsFrom(
    'nobody',
    { sightings: [], passages: new Map(), segmentOf: () => undefined },
    () => false,
  );
  t.deepEqual(visits, [{ machine: 'nobody' }]);
  const end = endOf({ machine: 'router', ...(dropped[0] && { passage: dropped[0] }) }, true, false);
  t.is(end.how, 'dropped');
});

test('packets of another run, and of another table, are not ours', (t) => {
  t.deepEqual(readRuleTrace(trace(), tableOf(RUN + 1)), []);
  t.deepEqual(
    sightingsOf(
      [{ machine: 'router', packets: readPackets(printed(read('test/recorded/tcpdump-trace-router.txt'))) }],
      5,
    ),
    [],
  );
  t.deepEqual(readRuleTrace('', tableOf(RUN)), []);
  t.deepEqual(readRuleTrace('trace id zz broken\ntrace id 1 inet', tableOf(RUN)), []);
});

test('the last packet of a run tells that all before were told', (t) => {
  t.true(sawLast(trace(), RUN));
  const untilLast = trace().slice(0, trace().indexOf('127.0.0.1'));
  t.false(sawLast(untilLast, RUN));
  t.false(sawLast(trace(), RUN + 1));
});

test('captures have the probe and its answer, each in and out, with hop limit and size', (t) => {
  const told = sightings().map(
    ({ role, id, direction, packet }) => `${role} ${id} ${direction} ${packet.ttl} ${packet.length}`,
  );
  t.deepEqual(told.sort(), [
    'answer 0 in 64 44',
    'answer 0 out 63 44',
    'probe 0 in 64 44',
    'probe 0 out 63 44',
    'probe 1 in 64 44',
  ]);
});
