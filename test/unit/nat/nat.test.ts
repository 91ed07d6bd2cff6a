/** The vocabulary of NAT: presets, ports to choose from, what two NATs make one expect, and what a file may say. */
import test from 'ava';
import fc from 'fast-check';
import { withBehaviour } from '../../../src/apply/nat/change.js';
import { punches } from '../../../src/apply/nat/predict.js';
import { parseAddresses } from '../../../src/core/ip.js';
import { DEPENDENCES } from '../../../src/core/nat-words.js';
import type { MasqueradeMapping } from '../../../src/model/lab.js';
import { FIRST_PORT, LAST_PORT, OPEN } from '../../../src/nat/behaviour.js';
import { PRESETS } from '../../../src/nat/presets/index.js';
import { blockOf, drawn, inOrder } from '../../../src/nat/tables.js';
import { iptablesRestore } from '../../../src/render/iptables.js';
import { forgetText, nftablesText } from '../../../src/render/nftables/index.js';
import { brief, labOf, read, resolveText } from '../../helpers/topologies.js';

const router = (nat: string): string => `name: x
segments: { home: 192.168.1.0/24, internet: 203.0.113.0/24 }
hosts: { a: { home: 192.168.1.10 }, b: { home: 192.168.1.11 }, far: { internet: auto } }
routers:
  r:
    interfaces: { home: 192.168.1.1, internet: 203.0.113.1 }
    nat: [${nat}]
`;

function mappingOf(nat: string): MasqueradeMapping {
  const [found] = labOf(router(nat)).machines.flatMap((machine) => machine.nat);
  if (found?.kind !== 'masquerade') throw new Error(nat);
  return found;
}

const errors = (nat: string): string[] =>
  brief(resolveText(router(nat)).diagnostics.filter(({ severity }) => severity === 'error'));

test('every preset is in the documentation, as it is', (t) => {
  for (const [name, { behaviour, source }] of Object.entries(PRESETS)) {
    const { mapping, filtering, hairpin, ports } = behaviour;
    const row = `| ${mapping} | ${filtering} | ${hairpin ? 'yes' : 'no'} | ${ports} |`;
    t.regex(read('docs/nat.md'), new RegExp(`\`${name}\`.*${row.replaceAll('|', '\\|')}`), name);
    t.true(source.length > 10);
  }
});

test('drawn ports are of the range, each once, the same for a seed and of the parity asked for', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      fc.constantFrom(undefined, 0, 1),
      (seed, parity) => {
        const ports = drawn(seed, parity);
        t.is(new Set(ports).size, ports.length);
        t.true(ports.every((port) => port >= FIRST_PORT && port <= LAST_PORT));
        t.true(parity === undefined || ports.every((port) => port % 2 === parity));
        t.deepEqual(drawn(seed, parity), ports);
      },
    ),
    { numRuns: 20 },
  );
  t.notDeepEqual(drawn(1), drawn(2));
  t.deepEqual(inOrder().slice(0, 3), [1024, 1025, 1026]);
});

test('blocks follow one another and end at the last port', (t) => {
  t.deepEqual(blockOf(0, 1008), { first: 1024, last: 2031 });
  t.deepEqual(blockOf(1, 1008), { first: 2032, last: 3039 });
  t.deepEqual(blockOf(63, 1008), { first: 64528, last: 65535 });
});

test('hole punching is as RFC 5128 and its literature have it, and the same from either side', (t) => {
  const of = (mapping: (typeof DEPENDENCES)[number], filtering: (typeof DEPENDENCES)[number]) => ({
    ...OPEN,
    mapping,
    filtering,
  });
  const [independent, address, port] = DEPENDENCES;
  const kinds = DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => of(mapping, filtering)));
  for (const a of kinds) for (const b of kinds) t.is(punches(a, b), punches(b, a));
  const symmetric = of(port, port);
  t.false(punches(symmetric, symmetric));
  t.false(punches(symmetric, of(independent, port)));
  t.true(punches(symmetric, of(independent, address)));
  t.true(punches(symmetric, of(independent, independent)));
  t.true(punches(of(independent, port), of(independent, port)));
});

test('a preset is what everything else is said against', (t) => {
  const { preset, behaviour } = mappingOf(
    '{ masquerade: home, via: internet, preset: symmetric, seed: 7, timeouts: { udp: 2m, icmp: 5 }, icmp-errors: false }',
  );
  t.is(preset, 'symmetric');
  t.like(behaviour, {
    ...PRESETS['symmetric']?.behaviour,
    seed: 7,
    icmpErrors: false,
    timeouts: { udp: 120, icmp: 5 },
  });
});

test('a pool is answered for on its segment, left free by the rest, and named once', (t) => {
  const lab = labOf(router('{ masquerade: home, via: internet, public: 203.0.113.2-203.0.113.4 }'));
  const [gate] = lab.machines;
  t.deepEqual(gate?.interfaces[1]?.addresses, [
    '203.0.113.1/24',
    '203.0.113.2/32',
    '203.0.113.3/32',
    '203.0.113.4/32',
  ]);
  t.is(lab.machines.find(({ name }) => name === 'far')?.interfaces[0]?.addresses[0], '203.0.113.5/24');
  t.deepEqual(parseAddresses('10.0.0.6-10.0.0.5', 9), undefined);
  t.deepEqual(parseAddresses('10.0.0.0/24', 9), undefined);
  t.is(parseAddresses('10.0.0.0/30', 9)?.length, 4);
});

test('what makes no sense is said, with its place', (t) => {
  const base = 'masquerade: home, via: internet';
  for (const [nat, code] of [
    [`{ ${base}, preset: one-to-one }`, 'nat-behaviour-unfit'],
    [`{ ${base}, timeouts: { udp: soon } }`, 'wrong-value'],
    [`{ ${base}, timeouts: { upd: 5 } }`, 'unknown-key'],
    [`{ ${base}, mapping: cone }`, 'wrong-value'],
    [`{ ${base}, public: 198.51.100.0/24 }`, 'bad-address'],
    [`{ ${base}, public: [203.0.113.9, 203.0.113.9] }`, 'bad-address'],
    [`{ ${base}, public: "2001:db8::1" }`, 'wrong-family'],
    [`{ ${base}, public: 192.168.1.9 }`, 'nat-public-in-segment'],
    [`{ ${base}, ports: blocks, block-size: 40000 }`, 'pool-exhausted'],
    [`{ ${base}, ports: blocks, pooling: arbitrary }`, 'nat-behaviour-unfit'],
    ['{ static: a, public: 203.0.113.9, mapping: address-dependent }', 'unknown-key'],
    ['{ static: a, public: 203.0.113.9, preset: corporate }', 'nat-behaviour-unfit'],
  ] as const)
    t.deepEqual(
      errors(nat).map((one) => one.split(' ')[0]),
      [code],
      nat,
    );
});

test('what a table remembers is forgotten, and what is given stays', (t) => {
  const { file, machines } = labOf(
    router('{ masquerade: home, via: internet }, { forward: tcp/8080, via: internet, to: "a:80" }'),
  );
  const [gate] = machines;
  if (!gate) throw new Error('no router');
  const table = nftablesText(gate, file);
  t.regex(
    table,
    /set reserved1 \{\s+type inet_proto \. inet_service; flags interval;\s+elements = \{ tcp \. 8080 \}/,
  );
  const names = [...table.matchAll(/^ {2}(map|set) (?!reserved)(\w+)/gm)].map(
    ([, kind, name]) => `flush ${kind} ip labnet ${name}`,
  );
  t.deepEqual(forgetText(gate, file).trim().split('\n'), names);
});

test('no rule asks a map whether it has something, which kernels before 6.10 refuse', (t) => {
  for (const more of [
    '',
    ', hairpin: false',
    ', seed: 5',
    ', ports: parity',
    ', mapping: address-dependent',
    ', port-control: true',
  ]) {
    const { file, machines } = labOf(
      router(`{ masquerade: home, via: internet${more} }, { forward: tcp/8080, via: internet, to: "a:80" }`),
    );
    const table = machines[0] ? nftablesText(machines[0], file) : '';
    const maps = [...table.matchAll(/^ {2}map (\w+)/gm)].map(([, name = '']) => name);
    t.true(maps.length > 0, more);
    for (const name of maps) t.notRegex(table, new RegExp(`(?<!map |update )@${name}\\b`), `${more} ${name}`);
  }
});

test('what is not set again stays as it is, the seed too; another preset is a new beginning', (t) => {
  const lab = labOf(router('{ masquerade: home, via: internet, ports: random, seed: 7, hairpin: false }'));
  const behaviour = (...settings: readonly string[]) => {
    const [found] = withBehaviour(lab, 'r', settings).machines.flatMap(({ nat }) => nat);
    return found?.kind === 'masquerade' ? found.behaviour : undefined;
  };
  const { behaviour: before } = mappingOf(
    '{ masquerade: home, via: internet, ports: random, seed: 7, hairpin: false }',
  );
  t.deepEqual(behaviour('timeouts.udp=31s'), { ...before, timeouts: { ...before.timeouts, udp: 31 } });
  t.deepEqual(behaviour('preset=symmetric'), PRESETS['symmetric']?.behaviour);
});

test('a forward to the router itself opens a port of its own, by each tool that shuts it', (t) => {
  const rulesIn = (nat: string) => {
    const [machine] = labOf(router(nat)).machines;
    if (!machine) throw new Error(nat);
    return { v4: iptablesRestore(machine, 'x.yaml', { family: 4 }), nft: nftablesText(machine, 'x.yaml') };
  };
  const own = '{ forward: udp/3478, via: internet, to: r }';
  const { nft } = rulesIn(`{ masquerade: home, via: internet }, ${own}`);
  const open = nft.indexOf('proto-dst { udp . 3478 } counter accept comment "x.yaml:7 open"');
  t.true(open > 0 && open < nft.indexOf('unasked from outside'));
  const { v4, nft: none } = rulesIn(`{ masquerade: home, via: internet, preset: symmetric }, ${own}`);
  t.is(none, '');
  t.regex(
    v4,
    /-A LABNET-INPUT -d 203\.0\.113\.1 -i eth1 -p udp --dport 3478 .*ACCEPT\n[^]*unasked udp from outside/,
  );
  t.notRegex(v4, /-A LABNET-DNAT|MASQUERADE/);
  // The outside is not inside for it.
  t.regex(v4, /# isolate: home \(behind the NAT: home\)/);
  const there = rulesIn(
    `{ masquerade: home, via: internet, preset: symmetric }, { forward: tcp/80, via: internet, to: "r:8080" }`,
  );
  t.regex(there.v4, /-A LABNET-DNAT .*--dport 80 .*--to-destination 203\.0\.113\.1:8080/);
  t.deepEqual(errors(`${own}, { forward: udp/3478, via: internet, to: a }`), ['nat-public-duplicate 7:67']);
  t.deepEqual(errors('{ forward: udp/3478, via: internet, to: r.home }'), ['forward-closed 7:51']);
});
