/** A bounded run of `npm run fuzz`, the same in every run; and that it would find something. */
import test from 'ava';
import { toJSONSchema } from 'zod';
import { topologySchema } from '../../src/topology/schema.js';
import { fuzz } from './fuzz.js';
import { goodData, inputs } from './inputs.js';
import { minimise } from './minimise.js';
import { JudgeThread } from './pool.js';
import { temporaryFolder } from '../helpers/folder.js';

const INPUTS = Number(process.env['LABNET_FUZZ_INPUTS'] ?? 2_500);
const SEED = Number(process.env['LABNET_FUZZ_SEED'] ?? 1);

test('bad input is answered by diagnostics or a lab, never by a crash, a hang or all of the memory', async (t) => {
  t.timeout(600_000);
  const options = { seed: SEED, from: 0, to: INPUTS, threads: 1, share: 4, most: 3, time: 500_000 };
  const { faults, inputs: judged, labs, codes } = await fuzz(options);
  t.deepEqual([...faults.values()], []);
  t.is(judged, INPUTS);
  t.true(labs > judged / 20, `${labs} labs of ${judged} inputs`);
  t.true(Object.keys(codes).length > 30, Object.keys(codes).join(', '));
});

test('an input is the same whenever it is asked for', (t) => {
  const all = [...inputs(SEED, 0, 120)];
  t.deepEqual([...inputs(SEED, 77, 79)], all.slice(77, 79));
  t.notDeepEqual([...inputs(SEED + 1, 0, 120)], all);
});

test('topologies are made of all that the language has', (t) => {
  const text = JSON.stringify(goodData(SEED, 2_000));
  const keys = keysIn(toJSONSchema(topologySchema, { io: 'input' })).filter(
    (key) => !text.includes(`"${key}":`),
  );
  t.deepEqual(keys, []);
});

/** What can be written, below any `properties` of a JSON Schema. */
function keysIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: object };
  return [...new Set([...Object.keys(properties), ...Object.values(schema).flatMap(keysIn)])];
}

test('a thread that takes too long or too much is ended, and said to have', async (t) => {
  t.timeout(300_000);
  const folder = temporaryFolder('thread');
  const deaths = await Promise.all(
    (['forever', 'everything'] as const).map(async (what) => {
      const thread = new JudgeThread(folder, () => undefined);
      const death = await thread.carryOut({ do: 'suffer', what });
      await thread.end();
      return death?.what;
    }),
  );
  t.deepEqual(deaths, ['more than a second ()', 'more memory than there is for one ()']);
});

test('the smallest text that still fails is found', async (t) => {
  const text = `${'some line\n'.repeat(40)}the word: [culprit, other]\n${'more lines\n'.repeat(40)}`;
  t.is(await minimise(text, (one) => Promise.resolve(one.includes('culprit')), 500), 'culprit');
  let asked = 0;
  await minimise(text, () => Promise.resolve(asked++ < 0), 20);
  t.is(asked, 20);
});
