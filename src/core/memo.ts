/** Caches the results of functions: of a text, as a lab has the same addresses in many places, or of an object, for as long as it lives. */

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

/** Of an object that does not change any more; a result may be undefined. What throws is asked again. */
export function memoizedFor<Key extends object, Value>(of: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined || known.has(key)) return found as Value;
    const value = of(key);
    known.set(key, value);
    return value;
  };
}
