import test from 'ava';
import type { Lab, Machine } from '../../../src/model/lab.js';
import { brief, example, labOf, resolveText } from '../../helpers/topologies.js';

const machine = (lab: Lab, name: string): Machine => {
  const found = lab.machines.find((one) => one.name === name);
  if (!found) throw new Error(`no machine ${name}`);
  return found;
};
const addresses = (lab: Lab, name: string): string[] =>
  machine(lab, name).interfaces.flatMap((one) => one.addresses);
const routes = (lab: Lab, name: string): string[] =>
  machine(lab, name).routes.map(({ to, via, interface: on, origin }) => `${to} via ${via} ${on} ${origin}`);

test('short and long forms mean the same', (t) => {
  const short = labOf(
    'name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: lan }\nrouters: { r: { lan: 10.0.0.1 } }',
  );
  const long = labOf(`name: x
segments: { lan: { subnet: 10.0.0.0/24, gateway: r } }
hosts: { a: { interfaces: { lan: { address: auto } }, gateway: r } }
routers: { r: { interfaces: { lan: { address: 10.0.0.1 } } } }`);
  t.deepEqual(short, long);
});

test('auto takes the lowest free address, routers first, around what is written and what NAT publishes', (t) => {
  const lab = labOf(`name: x
segments: { lan: 10.0.0.0/29, wan: 203.0.113.0/29 }
hosts: { a: lan, b: { lan: 10.0.0.2 }, c: lan, s: wan }
routers:
  r: { interfaces: { lan: auto, wan: auto }, nat: [{ static: a, public: 203.0.113.2, via: wan }] }`);
  t.deepEqual(addresses(lab, 'r'), ['10.0.0.1/29', '203.0.113.1/29', '203.0.113.2/32']);
  t.deepEqual(addresses(lab, 'a'), ['10.0.0.3/29']);
  t.deepEqual(addresses(lab, 'c'), ['10.0.0.4/29']);
  t.deepEqual(addresses(lab, 's'), ['203.0.113.3/29']);
});

test('no machine is called what all of them call themselves', (t) => {
  const text = (name: string, more = '') =>
    `name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { ${name}: { lan: auto${more} } }`;
  for (const name of ['localhost', 'LocalHost', 'ip6-loopback'])
    t.deepEqual(brief(resolveText(text(name)).diagnostics), ['bad-name 3:10']);
  t.is(labOf(text('localhost', ', count: 2')).machines[0]?.name, 'localhost-1');
});

test('count makes machines whose addresses follow one another', (t) => {
  const lab = labOf('name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { p: { count: 3, lan: 10.0.0.10 } }');
  t.deepEqual(
    lab.machines.map(({ name }) => name),
    ['p-1', 'p-2', 'p-3'],
  );
  t.deepEqual(
    lab.machines.flatMap(({ interfaces }) => interfaces[0]?.addresses ?? []),
    ['10.0.0.10/24', '10.0.0.11/24', '10.0.0.12/24'],
  );
});

test('counted machines spread over counted segments, each router with a block of public addresses', (t) => {
  const lab = labOf(`name: x
segments: { core: 198.18.0.0/24, site: { count: 2, subnet: 10.0.0.0/24 } }
hosts: { h: { count: 6, site: 10.0.0.20 } }
routers:
  b: { count: 2, interfaces: { site: 10.0.0.1, core: auto }, nat: [{ static: h, public: 198.19.0.0/24, via: core }] }`);
  t.deepEqual(
    lab.segments.map(({ name, subnet }) => `${name} ${subnet ?? ''}`),
    ['core 198.18.0.0/24', 'site-1 10.0.0.0/24', 'site-2 10.0.1.0/24'],
  );
  t.deepEqual(addresses(lab, 'h-1'), ['10.0.0.20/24']);
  t.deepEqual(addresses(lab, 'h-3'), ['10.0.0.22/24']);
  t.deepEqual(addresses(lab, 'h-4'), ['10.0.1.20/24']);
  t.deepEqual(addresses(lab, 'b-2'), ['10.0.1.1/24', '198.18.0.2/24']);
  t.deepEqual(
    machine(lab, 'b-2').nat.map((one) => one.public),
    ['198.19.0.9', '198.19.0.10', '198.19.0.11'],
  );
  t.deepEqual(routes(lab, 'b-1'), ['198.19.0.8/30 via 198.18.0.2 eth1 computed']);
});

test('the gateway is the only router, the written one, or none', (t) => {
  const lab = labOf(`name: x
segments: { lan: 10.0.0.0/24, two: { subnet: 10.1.0.0/24, gateway: r2 } }
hosts: { a: lan, b: { lan: auto, gateway: none }, c: { two: auto }, d: { two: auto, gateway: 10.1.0.1 } }
routers: { r1: { lan: auto, two: auto }, r2: { two: auto } }`);
  t.deepEqual(routes(lab, 'a'), ['default via 10.0.0.1 eth0 gateway']);
  t.deepEqual(routes(lab, 'c'), ['default via 10.1.0.2 eth0 gateway']);
  t.deepEqual(routes(lab, 'd'), ['default via 10.1.0.1 eth0 gateway']);
  t.false(routes(lab, 'b').some((route) => route.startsWith('default')));
});

test('hosts between NAT routers need no gateway, and get routes to what is published', (t) => {
  const lab = labOf(`name: x
segments: { net: 203.0.113.0/24, a: 10.0.0.0/24, b: 10.1.0.0/24 }
hosts: { s: net, ha: a, hb: b }
routers:
  ra: { interfaces: { a: auto, net: 203.0.113.1 }, nat: [{ static: ha, public: 198.51.100.1 }] }
  rb: { interfaces: { b: auto, net: 203.0.113.2 }, nat: [{ masquerade: b, via: net }] }`);
  t.deepEqual(routes(lab, 's'), ['198.51.100.1/32 via 203.0.113.1 eth0 computed']);
  t.deepEqual(routes(lab, 'rb'), ['198.51.100.1/32 via 203.0.113.1 eth1 computed']);
});

test('routes are computed along the chain, in both families, to what is not behind NAT', (t) => {
  const lab = example('router-chain');
  t.deepEqual(routes(lab, 'r3'), [
    '10.0.0.0/24 via 10.0.2.1 eth0 computed',
    '10.0.1.0/30 via 10.0.2.1 eth0 computed',
    '10.0.4.0/30 via 10.0.3.2 eth1 computed',
    '10.0.5.0/24 via 10.0.3.2 eth1 computed',
    '2001:db8::/64 via 2001:db8:2::1 eth0 computed',
    '2001:db8:1::/64 via 2001:db8:2::1 eth0 computed',
    '2001:db8:4::/64 via 2001:db8:3::2 eth1 computed',
    '2001:db8:5::/64 via 2001:db8:3::2 eth1 computed',
  ]);
  t.deepEqual(routes(lab, 'source'), [
    'default via 10.0.0.1 eth0 gateway',
    'default via 2001:db8::1 eth0 gateway',
  ]);
});

test('equal ways are decided by the name of the first router', (t) => {
  const lab = labOf(`name: x
segments: { a: 10.0.0.0/24, m: 10.1.0.0/24, n: 10.2.0.0/24, z: 10.3.0.0/24 }
routers:
  start: { a: 10.0.0.9 }
  zeta: { a: 10.0.0.1, m: 10.1.0.1 }
  alpha: { a: 10.0.0.2, n: 10.2.0.1 }
  end1: { m: 10.1.0.2, z: 10.3.0.1 }
  end2: { n: 10.2.0.2, z: 10.3.0.2 }`);
  t.true(routes(lab, 'start').includes('10.3.0.0/24 via 10.0.0.2 eth0 computed'));
});

test('a written route replaces the computed one', (t) => {
  const lab = labOf(`name: x
segments: { a: 10.0.0.0/24, b: 10.1.0.0/24, c: 10.2.0.0/24 }
routers:
  r1: { interfaces: { a: 10.0.0.1, b: 10.1.0.1 }, routes: [{ to: 10.2.0.0/24, via: r3 }, { to: default, via: 10.1.0.2 }] }
  r2: { b: 10.1.0.2, c: 10.2.0.2 }
  r3: { b: 10.1.0.3, c: 10.2.0.3 }`);
  t.deepEqual(routes(lab, 'r1'), [
    '10.2.0.0/24 via 10.1.0.3 eth1 written',
    'default via 10.1.0.2 eth1 written',
  ]);
});

test('homes may share a subnet when each is behind a NAT of its own, and only then', (t) => {
  t.truthy(example('two-homes'));
  const { diagnostics } = resolveText(`name: x
segments: { net: 203.0.113.0/24, a: 10.0.0.0/24, b: 10.0.0.0/24 }
routers:
  ra: { interfaces: { a: auto, net: auto }, nat: [{ masquerade: a, via: net }] }
  rb: { b: auto, net: auto }`);
  t.deepEqual(brief(diagnostics), ['overlapping-segments 2:53']);
});

test('nothing behind NAT is in the routes of others', (t) => {
  const lab = example('carrier-grade');
  t.deepEqual(routes(lab, 'carrier'), []);
  t.deepEqual(routes(lab, 'home-router'), ['203.0.113.0/24 via 100.64.0.1 eth1 computed']);
});

test('MAC addresses are local, the same in every run, and apart', (t) => {
  const macs = example('three-isps').machines.flatMap(({ interfaces }) => interfaces.map(({ mac }) => mac));
  t.deepEqual(
    macs,
    example('three-isps').machines.flatMap(({ interfaces }) => interfaces.map(({ mac }) => mac)),
  );
  t.is(new Set(macs).size, macs.length);
  t.true(macs.every((mac) => /^02(:[0-9a-f]{2}){5}$/.test(mac)));
});

test('a lab is plain data', (t) => {
  const lab = example('three-isps');
  t.deepEqual(JSON.parse(JSON.stringify(lab)), lab);
});

test('counts are bounded before anything is made of them', (t) => {
  const hosts = Array.from({ length: 200 }, (_, i) => `  h${i}: { count: 10000, lan: auto }`).join('\n');
  const started = performance.now();
  const { diagnostics } = resolveText(`name: x\nsegments: { lan: 10.0.0.0/8 }\nhosts:\n${hosts}\n`);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ['too-many-machines'],
  );
  t.true(performance.now() - started < 2000);
});

test('counted machines past the end of a subnet are said, whichever of them it is', (t) => {
  const { diagnostics } = resolveText(
    'name: x\nsegments: { lan: 10.0.0.0/29 }\nhosts: { h: { count: 5, lan: 10.0.0.4 } }',
  );
  t.deepEqual(brief(diagnostics), ['pool-exhausted 3:30']);
});

test('a pool of public addresses that ends at a later router is said', (t) => {
  const { diagnostics } = resolveText(`name: x
segments: { core: 198.18.0.0/24, site: { count: 3, subnet: 10.0.0.0/24 } }
hosts: { h: { count: 9, site: auto } }
routers: { b: { count: 3, interfaces: { site: auto, core: auto }, nat: [{ static: h, public: 198.19.0.0/29, via: core }] } }`);
  t.deepEqual(brief(diagnostics), ['pool-exhausted 4:94']);
});
