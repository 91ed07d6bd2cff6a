/** Links as tc and nft are told of them. */
import test from 'ava';
import type { Impairment } from '../../../src/link/impairment.js';
import { dropRules, dropTable } from '../../../src/render/link-rules.js';
import { needsNetem, qdiscLines, shapeOf } from '../../../src/render/tc.js';
import { resolveText } from '../../helpers/topologies.js';

/** Of the machine a's interface, as a file would have it. */
function up(link: string): Impairment {
  const { lab, diagnostics } = resolveText(
    `name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: { lan: { address: 10.0.0.1, link: ${link} } } }\n`,
    'x.yaml',
  );
  const found = lab?.machines[0]?.interfaces[0]?.link?.up;
  if (!found) throw new Error(JSON.stringify(diagnostics));
  return found;
}

const lines = (link: string): string[] => qdiscLines(up(link), 'eth0', 'netem');
const NETEM = 'qdisc replace dev eth0 root handle 1: netem limit 100000';
/** Named though there is none: netem keeps what is not. */
const NO = 'duplicate 0% 0% corrupt 0% 0%';

const CASES: readonly (readonly [link: string, lines: readonly string[]])[] = [
  ['{ delay: { rtt: 41ms } }', [`${NETEM} delay 20500us ${NO}`]],
  ['{ delay: { one-way: 20ms }, jitter: 2ms }', [`${NETEM} delay 20000us 2000us ${NO}`]],
  [
    '{ delay: { one-way: 20ms }, jitter: { value: 2ms, distribution: normal, correlation: 25% } }',
    [`${NETEM} delay 20000us 2000us 25% distribution normal ${NO}`],
  ],
  ['{ loss: 0.1%, seed: 7 }', [`${NETEM} loss random 0.1% ${NO} seed 7`]],
  ['{ loss: { random: 1%, correlation: 30% } }', [`${NETEM} loss gemodel 0.7% 69.3% 100% 0% ${NO}`]],
  ['{ loss: { p: 1%, r: 30%, 1-k: 0.1% } }', [`${NETEM} loss gemodel 1% 30% 100% 0.1% ${NO}`]],
  ['{ loss: { mean: 20%, burst: 4 } }', [`${NETEM} loss gemodel 6.25% 25% 100% 0% ${NO}`]],
  [
    '{ delay: { one-way: 5ms }, reorder: { random: 25%, correlation: 50%, gap: 5 }, duplicate: 1%, corrupt: 0.1% }',
    [`${NETEM} delay 5000us reorder 37.313039% 50% gap 5 duplicate 1% 0% corrupt 0.1% 0%`],
  ],
  [
    '{ rate: 20mbit }',
    ['qdisc replace dev eth0 root handle 2: tbf rate 20000000bit burst 10000b limit 125000b'],
  ],
  [
    '{ rate: 1mbit, burst: 2kB, queue: 10 packets }',
    [
      'qdisc replace dev eth0 root handle 2: tbf rate 1000000bit burst 2000b limit 15140b',
      'qdisc replace dev eth0 parent 2:1 handle 21: pfifo limit 10',
    ],
  ],
  [
    '{ delay: { rtt: 20ms }, rate: 10mbit, queue: { kind: fq-codel, length: 1000 packets } }',
    [
      `${NETEM} delay 10000us ${NO}`,
      'qdisc replace dev eth0 parent 1:1 handle 12: tbf rate 10000000bit burst 5000b limit 1514000b',
      'qdisc replace dev eth0 parent 12:1 handle 121: fq_codel limit 1000',
    ],
  ],
  [
    '{ delay: { rtt: 20ms }, rate: 10mbit, queue: { kind: cake, length: 100ms } }',
    [
      `${NETEM} delay 10000us ${NO}`,
      'qdisc replace dev eth0 parent 1:1 handle 13: cake bandwidth 10000000bit memlimit 125000b',
    ],
  ],
];

for (const [link, wanted] of CASES)
  test(`tc for ${link}`, (t) => {
    t.deepEqual(lines(link), wanted);
  });

test('RED has thresholds that tc takes: a third and a quarter, and a burst over their mean', (t) => {
  const [, red = ''] = lines('{ rate: 10mbit, queue: { kind: red, length: 100ms } }');
  t.is(
    red,
    'qdisc replace dev eth0 parent 2:1 handle 21: red limit 125000b min 10417b max 31250b avpkt 1000 burst 18 bandwidth 10000000bit probability 0.1',
  );
});

test('parameters alone leave the shape, and so change in place', (t) => {
  t.is(shapeOf(lines('{ rate: 1mbit }')), shapeOf(lines('{ rate: 90mbit, queue: 5ms }')));
  t.is(shapeOf(lines('{ loss: 1% }')), shapeOf(lines('{ delay: { rtt: 9ms } }')));
  t.not(shapeOf(lines('{ loss: 1% }')), shapeOf(lines('{ loss: 1%, rate: 1mbit }')));
  t.not(shapeOf(lines('{ rate: 1mbit }')), shapeOf(lines('{ rate: 1mbit, queue: 5 packets }')));
  const spread = (distribution: string): string =>
    shapeOf(lines(`{ delay: { rtt: 9ms }, jitter: { value: 1ms, distribution: ${distribution} } }`));
  t.is(spread('normal'), spread('pareto'));
  // netem forgets a table of delays only when it goes.
  t.not(spread('normal'), spread('uniform'));
});

test('losses that depend on one another are a chain of two states, with the share and the correlation asked for', (t) => {
  const [line = ''] = lines('{ loss: { random: 2%, correlation: 40% } }');
  const [p = NaN, r = NaN] = (/gemodel ([\d.]+)% ([\d.]+)% 100% 0%/.exec(line) ?? []).slice(1).map(Number);
  t.is(p / (p + r), 0.02);
  t.is(Number((1 - (p + r) / 100).toFixed(9)), 0.4);
});

test('without netem, random loss is left to rules and all else has to be refused', (t) => {
  const both = up('{ loss: 2%, rate: 1mbit }');
  t.deepEqual(needsNetem(both), []);
  t.deepEqual(
    qdiscLines(both, 'eth0', 'nftables').map((line) => line.split(' ')[7]),
    ['tbf'],
  );
  const all =
    '{ delay: { rtt: 9ms }, jitter: 1ms, loss: { mean: 1%, burst: 2 }, reorder: 1%, duplicate: 1%, corrupt: 1%, seed: 1 }';
  t.deepEqual(needsNetem(up(all)), [
    'delay',
    'jitter',
    'loss in bursts or correlated',
    'reorder',
    'duplicate',
    'corrupt',
    'seed',
  ]);
});

test('rules that drop take the place of older ones in one step', (t) => {
  const table = dropTable('02:00:5e:10:00:01');
  t.is(table, 'link_02005e100001');
  t.is(dropRules(table, []), '');
  const text = dropRules(table, [
    { direction: 'up', hook: 'ingress', device: 'a~x.0', percent: 0.1 },
    { direction: 'down', hook: 'egress', device: 'a~x.0', percent: 100 },
  ]);
  t.regex(text, /^table netdev link_02005e100001\ndelete table netdev link_02005e100001\n/);
  t.regex(
    text,
    /hook ingress device "a~x.0" priority 0; policy accept;\n {4}numgen random mod 1000000 < 1000 drop/,
  );
  t.regex(text, /hook egress device "a~x.0" priority 0; policy accept;\n {4}drop/);
});
