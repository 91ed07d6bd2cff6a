/** JSON Schemas (draft 2020-12) for editors: of topologies with their scenario, and of scenarios in files of their own. */
import * as z from 'zod';
import { topologySchema } from '../topology/schema.js';
import { ACTIONS } from './actions/index.js';
import { LIMITS, scenarioFileSchema, scenarioSchema, timingSchema } from './schema.js';

type Json = Readonly<Record<string, unknown>>;

const timeline = z
  .array(
    timingSchema
      .extend(
        Object.fromEntries(
          ACTIONS.map(({ kind, about, schema }) => [kind, schema.optional().describe(about)]),
        ),
      )
      .describe('one action, and when it is'),
  )
  .min(1)
  .max(LIMITS.entries);

export function jsonSchema(): object {
  const scenario = z.union([scenarioSchema.extend({ timeline }), timeline]);
  const {
    $schema,
    properties = {},
    ...rest
  } = z.toJSONSchema(topologySchema, { io: 'input' }) as Json & {
    properties?: Json;
  };
  const own = properties['scenario'] as Json;
  const known = { ...properties, scenario: { ...own, ...withVariables(schemaOf(scenario)) } };
  return { $schema, title: 'labnet topology', ...rest, properties: known };
}

export function scenarioJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(scenarioFileSchema.extend({ timeline }), { io: 'input' });
  return { $schema, title: 'labnet scenario', ...withVariables(rest) };
}

function schemaOf(schema: z.ZodType): Json {
  const whole = z.toJSONSchema(schema, { io: 'input' });
  return Object.fromEntries(Object.entries(whole).filter(([key]) => key !== '$schema'));
}

const VARIABLE = { type: 'string', pattern: '\\$\\{' } as const;

/** Wherever a value has a form, a variable may stand in its place. */
function withVariables(node: unknown): Json {
  return walk(node) as Json;
}

function walk(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(walk);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [
    key,
    key === 'enum' ? (value as unknown) : walk(value),
  ]);
  const walked = Object.fromEntries(entries) as Json;
  const { type, pattern, enum: choices, description } = walked;
  const isStrict =
    choices !== undefined || pattern !== undefined || ['integer', 'number', 'boolean'].includes(String(type));
  if (!isStrict) return walked;
  return { ...(description !== undefined && { description }), anyOf: [walked, VARIABLE] };
}
