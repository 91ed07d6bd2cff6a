/** Moves the parts of a JSON Schema that are used more than once to $defs; inline, some would be repeated a hundred times. */
import * as z from 'zod';

export type Json = Readonly<Record<string, unknown>>;

export type Parted = { readonly root: Json; readonly parts: Readonly<Record<string, Json>> };

/** Characters; a shorter part is about as long as a reference to it. */
const SHORT = 80;
const REFERENCE = '#/$defs/';

/** @param prefix of the names of its parts, which stand beside those of others */
export function inParts(schema: z.ZodType, prefix: string): Parted {
  const whole: Json = z.toJSONSchema(schema, { io: 'input', reused: 'ref' });
  const defined = (whole['$defs'] ?? {}) as Readonly<Record<string, Json>>;
  const names = new Map<string, string>();
  for (const [name, part] of Object.entries(defined))
    if (usesOf(whole, name) > 1 && JSON.stringify(part).length > SHORT)
      names.set(name, `${prefix}-${names.size + 1}`);
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== 'object' || node === null) return node;
    const { $ref, ...rest } = node as Json;
    const own = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, resolve(value)]));
    if (typeof $ref !== 'string') return own;
    const name = $ref.slice(REFERENCE.length);
    const shared = names.get(name);
    if (shared !== undefined) return { $ref: `${REFERENCE}${shared}`, ...own };
    return { ...(resolve(defined[name]) as Json), ...own };
  };
  const root = Object.fromEntries(
    Object.entries(whole).filter(([key]) => key !== '$schema' && key !== '$defs'),
  );
  return {
    root: resolve(root) as Json,
    parts: Object.fromEntries([...names].map(([name, own]) => [own, resolve(defined[name]) as Json])),
  };
}

const usesOf = (whole: Json, name: string): number =>
  JSON.stringify(whole).split(`"${REFERENCE}${name}"`).length - 1;
