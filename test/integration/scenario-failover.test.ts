/** The transcontinental example's fail-over, five times as fast and without delays, which not every kernel can make. */
import test from 'ava';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { YAMLMap, YAMLSeq } from 'yaml';
import { parseDocument, visit } from 'yaml';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { manifestOf, world } from '../helpers/scenario-runs.js';
import { longestOutage, readSeries } from '../helpers/series.js';
import { pathTo } from '../helpers/topologies.js';

guardMachine(test);

const HASTE = 5;

/** The example with links that only have a rate, and its times divided. */
function hasty(): string {
  const folder = temporaryFolder('failover');
  const topology = readFileSync(pathTo('topologies/transcontinental.yaml'), 'utf8');
  writeFileSync(
    join(folder, 'wan.yaml'),
    topology.replaceAll(/delay: \{[^}]*\}, jitter: \S+, loss: \S+, /g, ''),
  );
  const scenario = parseDocument(
    readFileSync(pathTo('topologies/scenarios/transcontinental.scenario.yaml'), 'utf8'),
  );
  scenario.set('topology', 'wan.yaml');
  // However long the routes took: what is mended before they have changed does not change them.
  const steps = scenario.get('timeline') as YAMLSeq<YAMLMap>;
  const mend = steps.items.find((step) => step.get('name') === 'mend');
  mend?.delete('at');
  mend?.set('after', 'around');
  visit(scenario, {
    Pair: (_, { key, value }) => {
      const name = String(key);
      if (!['at', 'duration'].includes(name)) return;
      const scalar = value as { value: unknown };
      const [, seconds] = /^(\d+)s$/.exec(String(scalar.value)) ?? [];
      if (seconds !== undefined) scalar.value = Number(seconds) / HASTE;
    },
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && scalar.value.includes('sleep 1;'))
        scalar.value = scalar.value.replace('sleep 1;', 'sleep 0.2;').replace('-W 1', '-W 0.2');
    },
  });
  const file = join(folder, 'hasty.scenario.yaml');
  writeFileSync(file, String(scenario));
  return file;
}

test('routes go by satellite while the cable is cut, and by cable again', async (t) => {
  const labnet = world(t);
  const out = join(temporaryFolder('results'), 'failover');
  const { code, stdout, stderr } = await labnet.run('run', hasty(), '--out', out);
  t.is(code, 0, stdout + stderr);
  const { status, steps } = manifestOf(out);
  t.is(status, 'passed');
  const cut = steps.find(({ id }) => id === 'cut');
  const outage = longestOutage(readSeries(readFileSync(join(out, 'series/app.csv'), 'utf8')));
  t.true((outage?.packets ?? 0) >= 3, JSON.stringify(outage));
  t.true((outage?.from ?? 0) > (cut?.started ?? Infinity) - 200, JSON.stringify([outage, cut]));
  const wait = steps.find(({ id }) => id === 'by-satellite');
  t.true((wait?.tries ?? 0) >= 1 && /tr(y|ies) in/.test(wait?.detail ?? ''), JSON.stringify(wait));
  const changes = readFileSync(join(out, 'commands/virginia-watch.stdout'), 'utf8').trimEnd().split('\n');
  t.deepEqual(
    changes.map((line) => line.replace(/^\S+ /, '')),
    ['10.1.0.0/24 via 198.51.100.33', '10.1.0.0/24 via 198.51.100.1'],
  );
});
