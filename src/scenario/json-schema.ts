/** JSON Schemas (draft 2020-12) for editors: of topologies with their scenario, and of scenarios in files of their own. */
import * as z from 'zod';
import { topologySchema } from '../topology/schema.js';
import { ACTIONS } from './actions/index.js';
import type { Json, Parted } from './json-parts.js';
import { inParts } from './json-parts.js';
import { LIMITS, scenarioFileSchema, scenarioSchema, timingSchema } from './schema.js';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

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

/** A reference to the description of a timeline's steps. */
const STEPS = { $ref: '#/$defs/timeline' } as const;

export function jsonSchema(): object {
  const { root, parts } = inParts(topologySchema, 'topology');
  const { properties = {}, ...rest } = root as { properties?: Json };
  const within = withSteps(scenarioSchema);
  const scenario = { ...(properties['scenario'] as Json), anyOf: [within.root, STEPS] };
  return {
    $schema: DRAFT,
    title: 'labnet topology',
    ...rest,
    properties: { ...properties, scenario },
    $defs: { ...parts, ...within.parts, ...stepsParts() },
  };
}

export function scenarioJsonSchema(): object {
  const { root, parts } = withSteps(scenarioFileSchema);
  return { $schema: DRAFT, title: 'labnet scenario', ...root, $defs: { ...parts, ...stepsParts() } };
}

function stepsParts(): Readonly<Record<string, Json>> {
  const { root, parts } = withVariables(inParts(timeline, 'step'));
  return { timeline: root, ...parts };
}

function withSteps(schema: z.ZodType): Parted {
  const { root, parts } = withVariables(inParts(schema, 'scenario'));
  return { root: { ...root, properties: { ...(root['properties'] as Json), timeline: STEPS } }, parts };
}

const VARIABLE = { type: 'string', pattern: '\\$\\{' } as const;

/** A variable may stand in place of any value. */
const withVariables = ({ root, parts }: Parted): Parted => ({
  root: walk(root) as Json,
  parts: walk(parts) as Parted['parts'],
});

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
