/** What a router is given that lets inside hosts open ports, and which routers cannot have it. */
import test from 'ava';
import { portControls } from '../../../src/render/port-control.js';
import { nftablesText } from '../../../src/render/nftables/index.js';
import type { Machine } from '../../../src/model/lab.js';
import { labOf, resolveText } from '../../helpers/topologies.js';

const text = (mapping: string, more = ''): string => `name: x
segments: { lan: 10.0.0.0/24, dmz: 10.0.1.0/24, wan: 203.0.113.0/24 }
hosts: { a: lan, b: wan }
routers:
  r:
    interfaces: { lan: auto, dmz: auto, wan: 203.0.113.11 }
    nat:
      - { masquerade: lan, via: wan, ${mapping} }
${more}`;

function routerOf(mapping: string, more = ''): Machine {
  const router = labOf(text(mapping, more)).machines.find(({ name }) => name === 'r');
  if (!router) throw new Error('no router');
  return router;
}

test('it is off unless it is asked for', (t) => {
  for (const mapping of ['preset: home-router', 'port-control: false']) {
    t.deepEqual(portControls(routerOf(mapping)), []);
    t.notRegex(nftablesText(routerOf(mapping), 'x.yaml'), /opened/);
  }
});

test('miniupnpd listens inside, tells the shared address, and leaves forwarded ports alone', (t) => {
  const [found] = portControls(
    routerOf('port-control: true', '      - { forward: tcp/8000-8010, via: wan, to: a }'),
  );
  t.is(found?.about, 'port control (NAT-PMP, PCP, UPnP)');
  const conf = found?.files['miniupnpd.conf'] ?? '';
  t.regex(conf, /^ext_ifname=eth2$/m);
  t.deepEqual(conf.match(/^listening_ip=.*$/gm), ['listening_ip=eth0']);
  t.regex(conf, /^deny 8000-8010 0\.0\.0\.0\/0 0-65535\nallow 1-65535 10\.0\.0\.0\/24 1-65535\ndeny /m);
  t.regex(conf, /^uuid=[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/m);
  t.regex(found?.files['nat.conf'] ?? '', /^public 203\.0\.113\.11$/m);
});

test('NAT-PMP without PCP, and the other way round, keep the other version out', (t) => {
  const chains = (mapping: string): string => portControls(routerOf(mapping))[0]?.files['chains.nft'] ?? '';
  t.regex(chains('port-control: [nat-pmp]'), /iifname "eth0" udp dport 5351 @th,64,8 2 counter drop/);
  t.regex(chains('port-control: [upnp, pcp]'), /udp dport 5351 @th,64,8 0 counter drop/);
  t.notRegex(chains('port-control: true'), /5351/);
  t.notRegex(chains('port-control: [upnp]'), /5351/);
});

test('for a machine whose interfaces have no names yet, every one of them is a segment', (t) => {
  const [found] = portControls(routerOf('port-control: [pcp]'), (name) => `@${name}@`);
  const text = Object.values(found?.files ?? {}).join('');
  t.regex(text, /^ext_ifname=@eth2@\nlistening_ip=@eth0@$/m);
  t.regex(text, /iifname "@eth0@" udp/);
  t.notRegex(text, /(?<!@)eth\d/);
});

test('what is opened passes every filter, also where iptables alone would do', (t) => {
  const rules = nftablesText(routerOf('preset: symmetric, port-control: true'), 'x.yaml');
  t.regex(rules, /map opened1 \{/);
  t.regex(rules, /chain inward1 \{\n.*@open1 return\n.*unasked/);
});

for (const [what, mapping, more] of [
  ['several shared addresses', 'public: 198.51.100.0/30, port-control: true', ''],
  [
    'a second mapping of the router',
    'port-control: true',
    '      - { masquerade: dmz, via: wan, port-control: true }',
  ],
] as const)
  test(`refused: ${what}`, (t) => {
    const { diagnostics } = resolveText(text(mapping, more));
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code),
      ['nat-behaviour-unfit'],
    );
  });
