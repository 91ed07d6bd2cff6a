/** Every code that a topology can earn has a golden pair: the file, and all that is said of it. */
import test from 'ava';
import { readdirSync } from 'node:fs';
import { TOPOLOGY_CODES } from '../../../src/core/diagnostic.js';
import { diagnosticsText } from '../../../src/report/diagnostics.js';
import { styleFor } from '../../../src/report/style.js';
import { golden } from '../../helpers/golden.js';
import { pathTo, read, resolveText } from '../../helpers/topologies.js';

/** These are about files that cannot be kept here; parse.test.ts and cli.test.ts have them. */
const ELSEWHERE = ['file-unreadable', 'file-too-large'];
const PLAIN = styleFor({});

const codes = Object.keys(TOPOLOGY_CODES).filter((code) => !ELSEWHERE.includes(code));

test('every golden topology is for a code', (t) => {
  const files = readdirSync(pathTo('test/golden/diagnostics')).filter((file) => file.endsWith('.yaml'));
  t.deepEqual(files.sort(), codes.map((code) => `${code}.yaml`).sort());
});

for (const code of codes) {
  test(`golden: ${code}`, (t) => {
    const { diagnostics } = resolveText(read(`test/golden/diagnostics/${code}.yaml`), `${code}.yaml`);
    t.true(
      diagnostics.some((one) => one.code === code),
      `nothing has the code ${code}`,
    );
    t.true(
      diagnostics.every(({ at }) => at !== undefined),
      'a diagnostic without a place',
    );
    t.true(
      diagnostics.every(({ fix }) => fix !== undefined && fix !== ''),
      'a diagnostic without a fix',
    );
    golden(t, `diagnostics/${code}.txt`, `${diagnosticsText(diagnostics, PLAIN)}\n`);
  });
}
