/** `1 host`, `2 hosts`. */
export const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;

/** What a file's name ends in, without the dot; undefined where it ends in nothing. */
export const endingOf = (path: string): string | undefined => /\.([^./]+)$/.exec(path)?.[1];
