/** Words for a shell at the other end, each of them inert: ssh hands a command line over as one text (ssh(1)). */

/** @throws TypeError on a NUL, which no argument can hold */
export function quote(word: string): string {
  if (word.includes('\0')) throw new TypeError('an argument cannot hold a NUL character');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export const quoteAll = (words: readonly string[]): string => words.map(quote).join(' ');
