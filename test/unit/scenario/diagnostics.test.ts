/** Every code that a scenario can earn, and all that is said of what is wrong there: with its place, and the way to mend it. */
import test from 'ava';
import { existsSync, readdirSync } from 'node:fs';
import { SCENARIO_CODES } from '../../../src/core/diagnostic.js';
import { diagnosticsText } from '../../../src/report/diagnostics.js';
import { styleFor } from '../../../src/report/style.js';
import { golden } from '../../helpers/golden.js';
import { scheduled } from '../../helpers/scenarios.js';
import { pathTo, read } from '../../helpers/topologies.js';

const PLAIN = styleFor({});

test('every code has a golden scenario', (t) => {
  for (const code of Object.keys(SCENARIO_CODES))
    t.true(existsSync(pathTo(`test/golden/scenarios/${code}.yaml`)), code);
});

for (const file of readdirSync(pathTo('test/golden/scenarios')).filter((one) => one.endsWith('.yaml'))) {
  test(`golden: ${file}`, (t) => {
    const { schedule, diagnostics } = scheduled(read(`test/golden/scenarios/${file}`), undefined, 1, file);
    t.is(schedule, undefined);
    const name = file.replace('.yaml', '');
    if (Object.hasOwn(SCENARIO_CODES, name))
      t.true(
        diagnostics.some(({ code }) => code === name),
        name,
      );
    for (const { at, fix = '', message } of diagnostics) t.true(at !== undefined && fix !== '', message);
    golden(t, `scenarios/${name}.txt`, `${diagnosticsText(diagnostics, PLAIN)}\n`);
  });
}
