/** Links where a machine has one end of each alone: what its script is told to load, and what that takes of its kernel. */
import test from 'ava';
import type { Machine } from '../../../src/model/lab.js';
import { ifbName, linkNeeds, linksData } from '../../../src/render/guest-links.js';
import { TRIALS } from '../../../src/render/link-trials.js';
import { lacking } from '../../../src/render/link-needs.js';
import { labOf } from '../../helpers/topologies.js';

/** The machine a, on a segment called lan. */
function machine(link: string, more: Partial<Machine['interfaces'][number]['link']> = {}): Machine {
  const lab = labOf(
    `name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: { lan: { address: 10.0.0.1, link: ${link} } }, b: { lan: auto } }\n`,
  );
  const [found] = lab.machines;
  if (!found) throw new Error(link);
  const interfaces = found.interfaces.map((one) => ({ ...one, link: { ...one.link, ...more } }));
  return { ...found, interfaces };
}

const MAC = machine('{ rate: 1mbit }').interfaces[0]?.mac ?? '';
const IFB = ifbName({ mac: MAC });
const lines = (one: Machine): string[] =>
  linksData(one).shaping.map(({ segment, direction, means, text }) =>
    [segment, direction, means, text.replaceAll(IFB, 'IFB')].join(' '),
  );

/** Said where nothing is said of them: see tc.ts. */
const NEVER = 'duplicate 0% 0% corrupt 0% 0%';
const TBF = 'handle 2: tbf rate 1000000bit burst 3200b limit 6250b';

const CASES: readonly (readonly [link: string, lines: readonly string[]])[] = [
  ['{ mtu: 1400 }', []],
  ['{ up: { rate: 1mbit } }', ['lan up - shape root 2: tbf', `lan up - qdisc replace dev @lan@ root ${TBF}`]],
  [
    '{ down: { rate: 1mbit } }',
    [
      'lan down - shape root 2: tbf',
      `lan down - qdisc replace dev IFB root ${TBF}`,
      'lan down - rule fwd to "IFB"',
    ],
  ],
  [
    '{ loss: 1% }',
    [
      'lan up netem shape root 1: netem',
      `lan up netem qdisc replace dev @lan@ root handle 1: netem limit 100000 loss random 1% ${NEVER}`,
      'lan up nftables rule numgen random mod 1000000 < 10000 fwd to "labnetsink"',
      'lan down netem shape root 1: netem',
      `lan down netem qdisc replace dev IFB root handle 1: netem limit 100000 loss random 1% ${NEVER}`,
      'lan down netem rule fwd to "IFB"',
      'lan down nftables rule numgen random mod 1000000 < 10000 drop',
    ],
  ],
  [
    '{ down: { loss: 1%, delay: { one-way: 5ms } } }',
    [
      'lan down - shape root 1: netem',
      `lan down - qdisc replace dev IFB root handle 1: netem limit 100000 delay 5000us loss random 1% ${NEVER}`,
      'lan down - rule fwd to "IFB"',
    ],
  ],
];

for (const [link, wanted] of CASES) {
  test(`what is loaded for ${link}`, (t) => {
    t.deepEqual(lines(machine(link)), wanted);
  });
}

test('a link that is cut, or kept apart, drops before what is left is shaped', (t) => {
  t.deepEqual(lines(machine('{ down: { rate: 1mbit } }', { cut: true })), [
    'lan up - rule fwd to "labnetsink"',
    'lan down - shape root 2: tbf',
    `lan down - qdisc replace dev IFB root ${TBF}`,
    'lan down - rule drop',
    'lan down - rule fwd to "IFB"',
  ]);
  const apart = lines(machine('{ mtu: 1400 }', { apart: ['10.0.0.2', '2001:db8::2'] }));
  t.deepEqual(apart, [
    'lan up - rule ip daddr { 10.0.0.2 } fwd to "labnetsink"',
    'lan up - rule ip6 daddr { 2001:db8::2 } fwd to "labnetsink"',
    'lan down - rule ip saddr { 10.0.0.2 } drop',
    'lan down - rule ip6 saddr { 2001:db8::2 } drop',
  ]);
});

test('devices have names of their own that the kernel takes', (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `h${i}`);
  const lab = labOf(
    `name: x\nsegments: { a: 10.0.0.0/24, b: 10.1.0.0/24 }\nhosts: { ${names.map((name) => `${name}: { a: auto, b: auto }`).join(', ')} }\n`,
  );
  const all = lab.machines.flatMap(({ interfaces }) => interfaces.map(ifbName));
  t.is(new Set(all).size, 80);
  for (const name of all) t.regex(name, /^labnet[0-9a-f]{8}$/);
});

test('what a kernel has to have is asked once for each, with whom it is for', (t) => {
  t.like(linkNeeds(machine('{ mtu: 1400 }')), { needs: [], hasMtu: true });
  t.is(
    linkNeeds(
      labOf('name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: { lan: auto } }\n').machines[0] ??
        machine(''),
    ),
    undefined,
  );
  const needs = linkNeeds(
    machine('{ delay: { rtt: 10ms }, jitter: 1ms, rate: 1mbit, queue: { kind: cake } }'),
  );
  t.deepEqual(needs?.needs, [
    'netem delay, jitter needs at a:lan',
    'cake queue cake needs at a:lan',
    'redirect delay, jitter, queue cake needs at a:lan',
  ]);
  t.deepEqual(needs?.tools, ['tc', 'nft']);
  t.is(needs?.trials.split('\n').filter((line) => line.includes(TRIALS.netem)).length, 1);
  t.deepEqual(linkNeeds(machine('{ up: { rate: 1mbit } }'))?.tools, ['tc']);
  t.deepEqual(linkNeeds(machine('{ loss: 1% }'))?.needs, [
    'netem,sink loss needs at a:lan',
    'netem+redirect,ingress loss needs at a:lan',
  ]);
});

test('of several ways one is enough, and otherwise the last is what is missing', (t) => {
  const ways = [['netem', 'redirect'], ['ingress']] as const;
  const can = (...all: readonly string[]) => lacking(ways, (one) => all.includes(one));
  t.is(can('ingress'), undefined);
  t.is(can('netem', 'redirect'), undefined);
  t.is(can('netem'), 'ingress');
});
