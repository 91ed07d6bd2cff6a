/** Replaces `${NAME}` in a document by the typed values of a scenario's sweep, before anything is checked. */
import type { Path } from './source.js';

export type Value = string | number | boolean;
export type Values = Readonly<Record<string, Value>>;

export const isValue = (data: unknown): data is Value =>
  typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean';

export type Filled = {
  readonly data: unknown;
  /** Variables without a value, and their places. */
  readonly unknown: readonly { readonly name: string; readonly path: Path }[];
};

/** `$${` stands for `${` itself. */
const VARIABLE = /\$?\$\{([^}]*)\}/g;
const ALONE = /^\$\{([^}]*)\}$/;

/**
 * Replaces each variable. A value that is one variable only gets the variable's type, one within a text is replaced by text. Keys stay
 * as they are.
 */
export function fill(data: unknown, values: Values): Filled {
  const unknown: { name: string; path: Path }[] = [];
  const valueOf = (name: string, path: Path): Value | undefined => {
    if (Object.hasOwn(values, name)) return values[name];
    unknown.push({ name, path });
    return undefined;
  };
  const text = (written: string, path: Path): Value => {
    const [, alone] = ALONE.exec(written) ?? [];
    if (alone !== undefined) return valueOf(alone, path) ?? written;
    return written.replace(VARIABLE, (found, name: string) =>
      found.startsWith('$$') ? found.slice(1) : String(valueOf(name, path) ?? found),
    );
  };
  const walk = (node: unknown, path: Path): unknown => {
    if (typeof node === 'string') return node.includes('${') ? text(node, path) : node;
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { data: walk(data, []), unknown };
}
