/** Objects of the topology language. */
import * as z from 'zod';

/** For parsing a file: the functions that zod would make of each object take longer to make than they save in a hundred lines. */
export const WITHOUT_JIT = { jitless: true } as const;

/** A strict object whose keys are known to issues.ts, so that it can suggest one for an unknown key. */
export function record<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  });
}
