/** How many machines there will be is told before a topology is understood, so that they can be begun with. */
import test from 'ava';
import { checkText } from '../../../src/apply/topology-file.js';

async function told(text: string): Promise<{ expected: number[]; machines: number | undefined }> {
  const expected: number[] = [];
  const { lab } = await checkText(
    { file: '/x.yaml', shown: 'x.yaml', text },
    { expect: (machines) => expected.push(machines) },
  );
  return { expected, machines: lab?.machines.length };
}

test('as many are expected as there are', async (t) => {
  const { expected, machines } = await told(`name: x
segments: { lan: { count: 3, subnet: 10.0.0.0/24 }, wan: 203.0.113.0/24 }
hosts: { a: { count: 30, lan: auto }, b: { wan: auto, gateway: r-1 } }
routers: { r: { count: 3, interfaces: { lan: auto, wan: auto } } }
`);
  t.deepEqual({ expected, machines }, { expected: [34], machines: 34 });
});

test('of a topology with mistakes in its form none are expected', async (t) => {
  const { expected } = await told('name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: [lan] }\n');
  t.deepEqual(expected, []);
});

test('no more are expected than there may be', async (t) => {
  const { expected, machines } = await told(
    'name: x\nsegments: { lan: 10.0.0.0/8 }\nhosts: { a: { count: 6000, lan: auto }, b: { count: 6000, lan: auto } }\n',
  );
  t.is(machines, undefined);
  t.true((expected[0] ?? Infinity) <= 10_000);
});
