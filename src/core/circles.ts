/** Circles in what leads on, from each item to one other at most. */

/** @returns each circle once, from the item at which it is entered first, in time linear in the items */
export function* circlesOf<Item>(
  items: Iterable<Item>,
  next: (item: Item) => Item | undefined,
): Generator<readonly Item[]> {
  const passed = new Set<Item>();
  for (const start of items) {
    const way = new Set<Item>();
    let at: Item | undefined = start;
    while (at !== undefined && !passed.has(at)) {
      passed.add(at);
      way.add(at);
      at = next(at);
    }
    if (at === undefined || !way.has(at)) continue;
    const all = [...way];
    yield all.slice(all.indexOf(at));
  }
}
