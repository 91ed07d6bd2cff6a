/** A function of text that remembers what it said of the last texts: in a lab the same addresses come again and again. */

/** Forgets all where there are more: what it costs to begin anew is little beside what was saved. */
const MOST = 8192;

/** What it returns is shared, and is not to be changed. */
export function remembered<Value extends object>(of: (text: string) => Value): (text: string) => Value {
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
