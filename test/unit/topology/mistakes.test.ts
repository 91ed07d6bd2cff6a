/** What people get wrong when they begin, each as a file and all that is said of it: what, where, and what to do. */
import test from 'ava';
import { readdirSync } from 'node:fs';
import { diagnosticsText } from '../../../src/report/diagnostics.js';
import { styleFor } from '../../../src/report/style.js';
import { golden } from '../../helpers/golden.js';
import { pathTo, read, resolveText } from '../../helpers/topologies.js';

const PLAIN = styleFor({});

for (const file of readdirSync(pathTo('test/golden/mistakes')).filter((one) => one.endsWith('.yaml'))) {
  test(`mistake: ${file}`, (t) => {
    const { lab, diagnostics } = resolveText(read(`test/golden/mistakes/${file}`), file);
    t.is(lab, undefined);
    for (const { at, fix = '', message } of diagnostics) t.true(at !== undefined && fix !== '', message);
    golden(t, `mistakes/${file.replace('.yaml', '.txt')}`, `${diagnosticsText(diagnostics, PLAIN)}\n`);
  });
}
