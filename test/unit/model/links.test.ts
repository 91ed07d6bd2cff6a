/** What a written link means: of a segment, of an attachment, of a direction, of a preset. */
import test from 'ava';
import type { Lab } from '../../../src/model/lab.js';
import { LINK_PRESETS } from '../../../src/link/presets.js';
import { resolveText } from '../../helpers/topologies.js';

function lab(text: string): Lab {
  const found = resolveText(text, 'x.yaml');
  if (!found.lab) throw new Error(JSON.stringify(found.diagnostics));
  return found.lab;
}

const linkOf = (of: Lab, machine: string): unknown =>
  of.machines.find(({ name }) => name === machine)?.interfaces[0]?.link;

const one = (link: string): unknown =>
  linkOf(lab(`name: x\nsegments: { s: 10.0.0.0/24 }\nhosts: { a: { s: { link: ${link} } } }\n`), 'a');

test("a segment's link is the way from any machine to any other: what each sends", (t) => {
  const of = lab(`name: x
segments: { s: { subnet: 10.0.0.0/24, link: { delay: { rtt: 40ms }, mtu: 1400 } } }
hosts: { a: s, b: { s: { link: { loss: 1% } } }, c: { count: 2, s: auto } }
`);
  t.deepEqual(linkOf(of, 'a'), { up: { delay: 20_000 }, mtu: 1400 });
  t.deepEqual(linkOf(of, 'c-2'), { up: { delay: 20_000 }, mtu: 1400 });
  // A machine's own takes its place, but for the size of packets, on which all have to agree.
  const loss = { loss: { kind: 'random', percent: 1 } };
  t.deepEqual(linkOf(of, 'b'), { up: loss, down: loss, mtu: 1400 });
});

test("an attachment's link is both ways, or what each direction says otherwise", (t) => {
  t.deepEqual(one('{ delay: { one-way: 5ms } }'), { up: { delay: 5_000 }, down: { delay: 5_000 } });
  t.deepEqual(one('{ delay: { rtt: 30ms }, down: { delay: { one-way: 25ms } } }'), {
    up: { delay: 15_000 },
    down: { delay: 25_000 },
  });
  t.deepEqual(one('{ up: { duplicate: 1% } }'), { up: { duplicate: { percent: 1 } } });
  t.deepEqual(one('{ mtu: 1492 }'), { mtu: 1492 });
  t.is(one('{}'), undefined);
});

test('bursts are the Gilbert model: the mean and the length are what is written', (t) => {
  const { up } = one('{ loss: { mean: 2%, burst: 5 } }') as { up: { loss: Record<string, number> } };
  const { p = 0, r = 0 } = up.loss;
  t.is(r, 20);
  t.true(Math.abs((p / (p + r)) * 100 - 2) < 1e-9);
});

test('a queue in time is as long as the rate sends in it', (t) => {
  const { up } = one('{ rate: 8mbit, queue: 100ms }') as { up: { rate: { queue: unknown } } };
  t.deepEqual(up.rate.queue, { kind: 'drop-tail', limit: { bytes: 100_000 } });
});

for (const name of Object.keys(LINK_PRESETS))
  test(`preset ${name}: it reads, has a source, and gives way to what stands beside it`, (t) => {
    const preset = LINK_PRESETS[name];
    t.true((preset?.source.length ?? 0) > 10);
    const plain = one(`{ preset: '${name}' }`) as Record<'up' | 'down', Record<string, unknown>>;
    t.deepEqual(one(`'${name}'`), plain);
    for (const way of ['up', 'down'] as const) t.true(Number(plain[way]['delay']) > 0, way);
    const other = one(`{ preset: '${name}', loss: 3%, up: { rate: 5mbit } }`) as typeof plain;
    t.deepEqual(other.down['loss'], { kind: 'random', percent: 3 });
    t.is((other.up['rate'] as { bits: number }).bits, 5_000_000);
    t.deepEqual(other.down['rate'], plain.down['rate']);
    const on = resolveText(
      `name: x\nsegments: { s: { subnet: 10.0.0.0/24, link: '${name}' } }\nhosts: { a: s }\n`,
      'x',
    );
    t.is(on.lab !== undefined, preset?.isSymmetric === true);
  });

test('a file that says nothing of links means none', (t) => {
  const of = lab('name: x\nsegments: { s: 10.0.0.0/24 }\nhosts: { a: s }\n');
  t.false(JSON.stringify(of).includes('link'));
});

test('what is said to be nothing asks for nothing, also in place of what a preset says', (t) => {
  t.is(one('{ loss: 0%, duplicate: 0%, delay: { one-way: 0ms } }'), undefined);
  const lte = one('{ preset: 4g }') as { up: object };
  const without = one('{ preset: 4g, loss: 0% }') as { up: object };
  t.true('loss' in lte.up);
  t.false('loss' in without.up);
  t.true('delay' in without.up);
});
