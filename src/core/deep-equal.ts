/** Compares plain data by value, ignoring one key at every level. An undefined field counts as missing. */
export function deepEqual(one: unknown, other: unknown, ignoredKey?: string): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [a, b] = [one as Readonly<Record<string, unknown>>, other as Readonly<Record<string, unknown>>];
  for (const key in a) if (key !== ignoredKey && !deepEqual(a[key], b[key], ignoredKey)) return false;
  for (const key in b) if (key !== ignoredKey && a[key] === undefined && b[key] !== undefined) return false;
  return true;
}
