/** Caches the results of a function of text, as a lab has the same addresses in many places. */

/** Entries before the cache is emptied. */
const MOST = 8192;

/** Results are shared between callers, which must not change them. */
export function memoized<Value extends object>(of: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    const found = known.get(text);
    if (found) return found;
    if (known.size >= MOST) known.clear();
    const value = of(text);
    known.set(text, value);
    return value;
  };
}
