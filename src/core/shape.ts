/** Whether data from outside has the expected fields. Used in place of zod where loading zod would slow down the start. */

type Kind = 'string' | 'number' | 'boolean';

export function hasFields<Key extends string>(
  value: unknown,
  fields: Readonly<Record<Key, Kind>>,
): value is Record<Key, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(fields) as [Key, Kind][];
  return entries.every(([key, kind]) => typeof (value as Record<string, unknown>)[key] === kind);
}
