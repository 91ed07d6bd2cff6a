/** Objects of the topology language. */
import * as z from 'zod';

/** An object that knows its keys, so that an unknown one gets a suggestion (see issues.ts). */
export function record<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  });
}
