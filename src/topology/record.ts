/** Objects of the topology language. */
import * as z from 'zod';

// The functions that zod would make for each object take longer to make than they save in a file of a hundred lines.
z.config({ jitless: true });

/** A strict object whose keys are known to issues.ts, so that it can suggest one for an unknown key. */
export function record<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  });
}
