/** Data as Ruby literals that Ruby never executes, whatever is in them. */

/** The values of YAML that Ruby has literals for. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

export function rubyLiteral(value: unknown): string {
  if (typeof value === 'string') return rubyString(value);
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'nil';
  if (typeof value === 'boolean') return `${value}`;
  if (Array.isArray(value)) return `[${value.map(rubyLiteral).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return rubyHash(value);
  return 'nil';
}

function rubyHash(value: object): string {
  const pairs = Object.entries(value).map(([key, one]) => `${rubyString(key)} => ${rubyLiteral(one)}`);
  return pairs.length > 0 ? `{ ${pairs.join(', ')} }` : '{}';
}

/** In single quotes, where Ruby expands nothing; text that a terminal would not show goes as escapes in double ones. */
export function rubyString(text: string): string {
  if (/^[ -~]*$/.test(text)) return `'${text.replace(/[\\']/g, '\\$&')}'`;
  const escaped = Array.from(text, (one) =>
    /^[ !$-[\]-~]$/.test(one) ? one : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${escaped.join('')}"`;
}
