import test from 'ava';
import { readdirSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { jsonSchema } from '../../../src/scenario/json-schema.js';
import { topologySchema } from '../../../src/topology/schema.js';
import { EXAMPLES, pathTo, read } from '../../helpers/topologies.js';

test('the committed JSON Schema is current (npm run schema writes it)', (t) => {
  t.is(read('topologies/topology.schema.json'), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
});

test('the JSON Schema and the language agree on every example', (t) => {
  const fromJson = z.fromJSONSchema(
    JSON.parse(JSON.stringify(jsonSchema())) as Parameters<typeof z.fromJSONSchema>[0],
  );
  for (const name of [...EXAMPLES, 'wan-1000']) {
    const data: unknown = parse(read(`topologies/${name}.yaml`));
    t.true(topologySchema.safeParse(data).success, name);
    t.true(fromJson.safeParse(data).success, `${name}: JSON Schema`);
  }
});

test('the JSON Schema refuses what the language refuses', (t) => {
  const fromJson = z.fromJSONSchema(
    JSON.parse(JSON.stringify(jsonSchema())) as Parameters<typeof z.fromJSONSchema>[0],
  );
  for (const data of [
    {},
    { name: 'x' },
    { name: 'x', segments: [] },
    { name: 'x', segments: {}, hots: {} },
    { name: 'x', segments: {}, checks: [{ pong: 'a -> b' }] },
  ]) {
    t.false(topologySchema.safeParse(data).success);
    t.false(fromJson.safeParse(data).success, JSON.stringify(data));
  }
});

test('there is nothing in topologies/ but examples, scenarios and the schema', (t) => {
  const files = readdirSync(pathTo('topologies')).filter((file) => !file.endsWith('.yaml'));
  t.deepEqual(files, ['scenarios', 'topology.schema.json']);
});
