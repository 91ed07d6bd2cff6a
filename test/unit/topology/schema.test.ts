import test from 'ava';
import { readdirSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { jsonSchema, scenarioJsonSchema } from '../../../src/scenario/json-schema.js';
import { topologySchema } from '../../../src/topology/schema.js';
import { EXAMPLES, pathTo, read } from '../../helpers/topologies.js';

test('the committed JSON Schema is current (npm run schema writes it)', (t) => {
  t.is(read('topologies/topology.schema.json'), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
  const ofScenarios = read('topologies/scenarios/scenario.schema.json');
  t.is(ofScenarios, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
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

test('what is used in several places of a JSON Schema is in one, and small', (t) => {
  for (const schema of [jsonSchema(), scenarioJsonSchema()]) {
    const text = JSON.stringify(schema, null, 2);
    const used = new Set([...text.matchAll(/"\$ref": "#\/\$defs\/([^"]+)"/g)].map(([, name]) => name));
    t.deepEqual([...used].sort(), Object.keys((schema as { $defs: object }).$defs).sort());
    t.true(text.length < 100_000, `${text.length} characters`);
  }
});

const SCENARIOS = readdirSync(pathTo('topologies/scenarios')).filter((file) => file.endsWith('.yaml'));

test('the JSON Schema of scenarios takes the examples, with their variables, and refuses what is none', (t) => {
  const fromJson = z.fromJSONSchema(
    JSON.parse(JSON.stringify(scenarioJsonSchema())) as Parameters<typeof z.fromJSONSchema>[0],
  );
  t.true(SCENARIOS.length >= 2);
  for (const file of SCENARIOS)
    t.true(fromJson.safeParse(parse(read(`topologies/scenarios/${file}`))).success, file);
  const step = (one: object) => ({ topology: 'wan.yaml', timeline: [one] });
  t.true(fromJson.safeParse(step({ 'link-set': { at: 'a', mtu: '${mtu}' } })).success);
  for (const data of [
    {},
    { topology: 'wan.yaml' },
    step({ 'link-set': { at: 'a', mtu: 3 } }),
    step({ 'link-set': { at: 'a', los: '1%' } }),
    step({ 'link-set': { at: 'a', queue: { kind: 'fq' } } }),
    step({ exec: { machine: 'a', run: 'date' } }),
    step({ stopp: 'a' }),
    step({ 'nat-set': { router: 'r', mapping: 'endpoint' } }),
  ])
    t.false(fromJson.safeParse(data).success, JSON.stringify(data));
});

test('there is nothing in topologies/ but examples, scenarios and the schema', (t) => {
  const files = readdirSync(pathTo('topologies')).filter((file) => !file.endsWith('.yaml'));
  t.deepEqual(files, ['scenarios', 'topology.schema.json']);
});
