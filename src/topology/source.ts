/** A topology file as text and YAML tree: knows where each value and key is. */
import type { Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isSeq } from 'yaml';
import type { Diagnostic, Place } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { LIMITS, readDocument } from './document.js';
import { Lines } from './lines.js';
import { structureErrors } from './structure.js';
import { syntaxErrors } from './syntax.js';
import { keyText, rangeOf } from './yaml-nodes.js';

/** A place in the data: keys and indexes from the root. */
export type Path = readonly (string | number)[];
/** `key` points at the key itself, `value` at what it holds. */
export type Part = 'key' | 'value';

export class Source {
  readonly #lines: Lines;
  readonly #doc: Document;
  readonly #keys = new WeakMap<Node, Map<string, Pair>>();
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    const { document, refusal } = readDocument(text);
    this.#doc = document;
    this.#lines = new Lines(file, text);
    if (refusal) {
      const { code, message, fix, offset } = refusal;
      const at = this.#lines.place([offset, offset + 1]);
      this.diagnostics = [diagnostic(code, message, { at, fix })];
      return;
    }
    // One missing quote may make an error of every line behind it.
    const errors = [...document.errors, ...document.warnings].slice(0, LIMITS.syntaxErrors);
    const syntax = syntaxErrors(document, errors, this.#lines);
    this.diagnostics = syntax.length > 0 ? syntax : structureErrors(document, this.#lines);
  }

  /** The plain data of the file; only where `diagnostics` has none but duplicate names. */
  data(): unknown {
    return this.#doc.toJS({ maxAliasCount: -1, mapAsMap: false }) as unknown;
  }

  /** Where the value (or key) at a path is; for a path that the file does not have, the last part that it has. */
  place(path: Path, part: Part = 'value'): Place {
    return this.#lines.place(this.#range(path, part) ?? [0, 0]);
  }

  line(path: Path): number {
    return this.#lines.lineOf(this.#range(path, 'key')?.[0] ?? 0);
  }

  #range(path: Path, part: Part): readonly [number, number] | undefined {
    let node: unknown = this.#doc.contents;
    let range = rangeOf(node);
    for (const [depth, step] of path.entries()) {
      const pair = isMap(node) ? this.#pair(node, String(step)) : undefined;
      node = this.#resolve(pair ? pair.value : isSeq(node) ? node.items[Number(step)] : undefined);
      const wantsKey = depth === path.length - 1 && part === 'key';
      const found = (wantsKey ? rangeOf(pair?.key) : undefined) ?? rangeOf(node) ?? rangeOf(pair?.key);
      if (!found) break;
      range = found;
    }
    return range;
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#doc) : node;
  }

  #pair(map: Node & { items: Pair[] }, key: string): Pair | undefined {
    let index = this.#keys.get(map);
    if (!index) {
      index = new Map(map.items.map((pair) => [keyText(pair), pair]));
      this.#keys.set(map, index);
    }
    return index.get(key);
  }
}
