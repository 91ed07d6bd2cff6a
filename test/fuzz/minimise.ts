/** The smallest text that is still answered in the same wrong way: lines first, then halves of what is left, then characters. */

/** @param tries how often it may be asked whether a text still fails */
export async function minimise(
  text: string,
  fails: (text: string) => Promise<boolean>,
  tries: number,
): Promise<string> {
  const ask = counted(fails, tries);
  let least = text;
  for (const pieces of [
    (all: string) => all.split(/(?<=\n)/),
    (all: string) => all.split(/\b/),
    (all: string) => Array.from(all),
  ])
    least = await withFewer(pieces(least), ask);
  return least;
}

type Ask = (pieces: readonly string[]) => Promise<boolean>;

function counted(fails: (text: string) => Promise<boolean>, tries: number): Ask {
  let left = tries;
  return async (pieces) => left-- > 0 && (await fails(pieces.join('')));
}

/** A. Zeller, R. Hildebrandt: Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28 (2002), without the subsets alone. */
async function withFewer(all: readonly string[], ask: Ask): Promise<string> {
  let pieces = all;
  for (let size = Math.ceil(pieces.length / 2); size >= 1 && pieces.length > 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < pieces.length;) {
      const fewer = [...pieces.slice(0, from), ...pieces.slice(from + size)];
      if (await ask(fewer)) pieces = fewer;
      else from += size;
    }
  }
  return pieces.join('');
}
