/** `labnet trace` in labs with something planted in the way, by hand: it names that, and what mends it. */
import test from 'ava';
import type { TraceResult } from '../../src/index.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { DELIVERY } from '../helpers/trace-faults/delivery.js';
import { ROUTES } from '../helpers/trace-faults/routes.js';
import { RULES } from '../helpers/trace-faults/rules.js';
import { TRANSLATION } from '../helpers/trace-faults/translation.js';

guardMachine(test);

for (const { title, lab, plant, trace, kind, machine, text, fix, leg = 'there' } of [
  ...TRANSLATION,
  ...ROUTES,
  ...RULES,
  ...DELIVERY,
])
  test.serial(`named: ${title}`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    t.is((await world.run('up', examplePath(lab))).code, 0);
    for (const [where, script] of Object.entries(plant)) {
      const planted = await world.run('exec', where, '--', 'sh', '-c', script);
      t.is(planted.code, 0, planted.stderr);
    }
    const result = (await world.json('trace', ...trace, '--json')) as unknown as TraceResult;
    const shown = JSON.stringify(result.cause, null, 2);
    t.is(result.cause?.kind, kind, shown);
    t.is(result.cause?.machine, machine, shown);
    t.is(result.cause?.leg, leg, shown);
    t.regex(result.cause?.text ?? '', text);
    t.regex(result.cause?.fix ?? '', fix);
    t.deepEqual(result.notes, []);
  });
