import test from 'ava';
import fc from 'fast-check';
import { viewOf } from '../../../src/model/view.js';
import { buildSteps } from '../../../src/plan/build.js';
import { diffSteps } from '../../../src/plan/diff.js';
import { hostsFile } from '../../../src/plan/hosts.js';
import { bridgeName, portName } from '../../../src/plan/names.js';
import type { Lab } from '../../../src/model/lab.js';
import { example, labOf, read } from '../../helpers/topologies.js';

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,30}$/);

test('kernel names fit, and different names stay different', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 200 }), (names) => {
      const all = [
        ...names.map(bridgeName),
        ...names.map((one) => portName(one, 0)),
        ...names.map((one) => portName(one, 12)),
      ];
      t.true(
        all.every(
          (one) =>
            one.length <= 15 && !/[\s/:]/.test(one) && one !== 'lo' && one !== 'all' && one !== 'default',
        ),
      );
      t.is(new Set(all).size, all.length);
    }),
  );
  t.pass();
});

const neighbourSteps = (lab: Lab) => buildSteps(lab).flatMap((step) => (step.do === 'neighbour' ? step : []));

const hosts = (lab: Lab, viewer: string): Record<string, string> => {
  const machine = lab.machines.find((one) => one.name === viewer);
  const lines = machine ? hostsFile(viewOf(lab), machine).trim().split('\n') : [];
  return Object.fromEntries(lines.map((line) => line.split(' ').slice(0, 2).reverse() as [string, string]));
};

test('a name is the address by which the viewer reaches it', (t) => {
  t.like(hosts(example('virtual-wan'), 'peerA'), {
    proxyA: '192.168.10.100',
    proxyB: '100.100.100.200',
    peerB: '172.168.10.101',
    'proxyB.intnetB': '172.168.10.100',
  });
  t.like(hosts(example('two-homes'), 'alice'), {
    server: '203.0.113.10',
    'router-b': '203.0.113.2',
    bob: '192.168.1.10',
  });
  t.like(hosts(example('dmz'), 'visitor'), { web: '203.0.113.1' });
  t.like(hosts(example('dmz'), 'client-1'), { web: '10.2.0.80' });
});

test('a small lab asks for its neighbours, a large one knows them', (t) => {
  t.deepEqual(neighbourSteps(example('three-isps')), []);
  const large = labOf(read('topologies/wan-1000.yaml'));
  const known = neighbourSteps(large);
  const gateways = known.filter(({ machine, address }) => machine === 'host-1' && address === '10.0.0.1');
  t.is(gateways.length, 1);
  t.true(known.length < 30_000);
});

test('where losses follow from a seed, nobody asks for neighbours meanwhile', (t) => {
  const seeded = (link: string): number =>
    neighbourSteps(
      labOf(`name: x
segments: { lan: 10.0.0.0/24 }
hosts: { a: { lan: { address: 10.0.0.1${link} } }, b: { lan: 10.0.0.2 } }`),
    ).length;
  t.is(seeded(''), 0);
  t.is(seeded(', link: { loss: 1% }'), 0);
  t.is(seeded(', link: { up: { loss: 1%, seed: 7 } }'), 2);
});

test('in a crowd hosts know their routers, and routers everybody', (t) => {
  const steps = neighbourSteps(
    labOf(
      'name: x\nsegments: { lan: 10.0.0.0/16 }\nhosts: { h: { count: 300, lan: auto } }\nrouters: { r: { lan: auto } }',
    ),
  );
  t.is(steps.length, 600);
});

test('the same lab differs in nothing, also where only lines of the file have moved', (t) => {
  const text = read('topologies/virtual-wan.yaml');
  t.deepEqual(diffSteps(buildSteps(labOf(text)), buildSteps(labOf(`# moved\n\n${text}`))), []);
});

test('a difference is told step by step', (t) => {
  const text = read('topologies/virtual-wan.yaml');
  const after = text
    .replace('peerA: { intnetA: 192.168.10.101 }', 'peerA: { intnetA: 192.168.10.102 }')
    .replace('100.100.100.200 }', '100.100.100.201 }')
    .replaceAll('-> 100.100.100.200', '-> 100.100.100.201')
    .replaceAll('seen-as: 100.100.100.200', 'seen-as: 100.100.100.201');
  const changes = diffSteps(buildSteps(labOf(text)), buildSteps(labOf(after)));
  t.deepEqual(
    changes.map(({ change, text: words }) => `${change} ${words}`),
    [
      'removed peerA: address 192.168.10.101/24 on eth0',
      'changed router: NAT and filter rules',
      'added peerA: address 192.168.10.102/24 on eth0',
    ],
  );
});

test('steps come in an order in which each finds what it needs: segments, then machine by machine', (t) => {
  const steps = buildSteps(labOf(read('topologies/wan-1000.yaml')));
  const order = ['machine', 'link', 'address', 'route', 'neighbour', 'rules'];
  const first = steps.findIndex((step) => step.do !== 'segment');
  t.is(first, 101);
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (index <= first || !before || !('machine' in step) || !('machine' in before)) continue;
    t.true(
      step.do === 'machine' ||
        (step.machine === before.machine && order.indexOf(step.do) >= order.indexOf(before.do)),
    );
  }
});
