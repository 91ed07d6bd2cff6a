/** Text of a file's name in a comment: nothing that could end the comment or the line. */
export const printable = (text: string): string =>
  text.replace(/[^A-Za-z0-9 .,:;/()_+-]/g, '_').slice(0, 200);
