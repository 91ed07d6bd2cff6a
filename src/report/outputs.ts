/** The schemas of --json output: each command prints one object, with the name and version of its schema in `schema`. */
import * as z from 'zod';
import { LAB_OUTPUTS } from './outputs/lab.js';
import { LINK_OUTPUTS } from './outputs/link.js';
import { NAT_OUTPUTS } from './outputs/nat.js';
import { PACKETS_OUTPUTS } from './outputs/packets.js';
import { RUN_OUTPUTS } from './outputs/run.js';
import { TOOLS_OUTPUTS } from './outputs/tools.js';
import { VERIFY_OUTPUTS } from './outputs/verify.js';
import { traceOutput } from './outputs/trace.js';

const spent = z.record(z.string(), z.number()).describe('milliseconds by phase');
const timing = z
  .object({
    total: z.number().describe('milliseconds since the process began'),
    phases: spent,
    engine: spent.describe('of what an engine did meanwhile'),
  })
  .optional()
  .describe('with --timing');

/** The output of each command, without `schema` and `timing`. */
export const OUTPUTS = {
  ...LAB_OUTPUTS,
  ...VERIFY_OUTPUTS,
  ...NAT_OUTPUTS,
  ...LINK_OUTPUTS,
  ...PACKETS_OUTPUTS,
  trace: traceOutput,
  ...RUN_OUTPUTS,
  ...TOOLS_OUTPUTS,
} as const;

export type OutputName = keyof typeof OUTPUTS;

export const schemaName = (name: OutputName): string => `labnet.${name}/1`;

/** The JSON Schema (draft 2020-12) of a command's output. */
export function outputSchema(name: OutputName): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(
    z.object({ schema: z.literal(schemaName(name)), timing }).extend(OUTPUTS[name].shape),
  );
}
