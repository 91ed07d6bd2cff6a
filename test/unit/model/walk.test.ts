import test from 'ava';
import type { Lab } from '../../../src/model/lab.js';
import { viewOf } from '../../../src/model/view.js';
import type { Walk } from '../../../src/model/walk.js';
import { walk } from '../../../src/model/walk.js';
import { example } from '../../helpers/topologies.js';

function go(lab: Lab, from: string, to: string, protocol: 'icmp' | 'tcp' = 'icmp', port?: number): Walk {
  const view = viewOf(lab);
  const machine = view.machines.get(from);
  if (!machine) throw new Error(from);
  return walk(view, machine, to, protocol, port);
}
const way = ({ hops }: Walk): string => hops.map(({ machine }) => machine).join(' ');

test('1:1 NAT translates both ends', (t) => {
  const walked = go(example('virtual-wan'), 'proxyA', '100.100.100.200');
  t.like(walked, { end: 'proxyB', source: '100.100.100.100', destination: '172.168.10.100' });
  t.is(walked.dropped, undefined);
  t.is(way(walked), 'proxyA router proxyB');
});

test('a hairpin comes back from the router', (t) => {
  t.like(go(example('virtual-wan'), 'peerA', '100.100.100.100'), { end: 'proxyA', source: '192.168.10.10' });
  t.like(go(example('virtual-wan'), 'proxyA', '100.100.100.100'), {
    end: 'proxyA',
    source: '100.100.100.100',
  });
});

test('the untranslated is dropped at the router', (t) => {
  t.like(go(example('virtual-wan'), 'proxyA', '172.168.10.100'), {
    end: 'router',
    dropped: 'untranslated to intnetB',
  });
});

test('double NAT translates twice', (t) => {
  const walked = go(example('carrier-grade'), 'laptop', '203.0.113.10');
  t.is(way(walked), 'laptop home-router carrier server');
  t.is(walked.source, '203.0.113.1');
});

test('a forwarded port goes to its host and port, another one to the router itself', (t) => {
  t.like(go(example('dmz'), 'visitor', '203.0.113.1', 'tcp', 443), { end: 'web', port: 8443 });
  t.like(go(example('dmz'), 'visitor', '203.0.113.1', 'tcp', 444), { end: 'firewall' });
  t.like(go(example('dmz'), 'client-1', '203.0.113.1', 'tcp', 443), { end: 'web' });
});

test('a way that leads nowhere says why', (t) => {
  t.like(go(example('virtual-wan'), 'proxyA', '192.168.10.77'), {
    end: 'proxyA',
    dropped: 'nobody on intnetA has 192.168.10.77',
  });
  t.like(go(example('virtual-wan'), 'proxyA', '8.8.8.8'), { end: 'router', dropped: 'no route to 8.8.8.8' });
});
