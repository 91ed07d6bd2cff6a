/** A topology file as text and YAML tree: knows where each value and key stands. */
import type { Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Diagnostic, Place } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';

/** A place in the data: keys and indexes from the root. */
export type Path = readonly (string | number)[];
/** `key` points at the key itself, `value` at what it holds. */
export type Part = 'key' | 'value';

/** A file past these is refused before it is understood: each bounds time or memory. */
export const LIMITS = { bytes: 1 << 20, aliases: 100, depth: 16 } as const;

export class Source {
  readonly #lines = new LineCounter();
  readonly #doc: Document;
  readonly #keys = new WeakMap<Node, Map<string, Pair>>();
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    // Without uniqueKeys: yaml compares each key with each other; duplicates are found below in one pass.
    this.#doc = parseDocument(text, {
      lineCounter: this.#lines,
      uniqueKeys: false,
      prettyErrors: false,
      version: '1.2',
    });
    const syntax = [...this.#doc.errors, ...this.#doc.warnings].map((error) =>
      diagnostic('yaml-syntax', readable(error.message), {
        at: this.#place(error.pos[0], error.pos[1]),
        fix: syntaxFix(error.code, text, error.pos[0]),
      }),
    );
    this.diagnostics = [...syntax, ...(syntax.length === 0 ? this.#structure() : [])];
  }

  /** The plain data of the file; only where `diagnostics` has no syntax error or alias bomb. */
  data(): unknown {
    return this.#doc.toJS({ maxAliasCount: LIMITS.aliases, mapAsMap: false }) as unknown;
  }

  /** Where the value (or key) at a path stands; where the path ends early, the last thing there is. */
  place(path: Path, part: Part = 'value'): Place {
    const range = this.#range(path, part) ?? [0, 0];
    return this.#place(range[0], range[1]);
  }

  line(path: Path): number {
    return this.#lines.linePos(this.#range(path, 'key')?.[0] ?? 0).line;
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

  /** What plain data would lose: keys written twice, and shapes made to exhaust a reader. */
  #structure(): Diagnostic[] {
    const found: Diagnostic[] = [];
    let aliases = 0;
    visit(this.#doc, {
      Alias: (_, node) => {
        if (++aliases === LIMITS.aliases + 1) found.push(this.#tooMany(node));
        return aliases > LIMITS.aliases ? visit.BREAK : undefined;
      },
      Map: (_, map) => {
        found.push(...this.#duplicateKeys(map));
      },
      Node: (_, node, ancestors) => {
        if (ancestors.length <= 2 * LIMITS.depth) return undefined;
        found.push(
          diagnostic('nested-too-deep', `nested more than ${LIMITS.depth} levels deep`, {
            at: this.#at(node),
            fix: 'a topology needs no more than 6 levels',
          }),
        );
        return visit.BREAK;
      },
    });
    return found;
  }

  #tooMany(node: Node): Diagnostic {
    return diagnostic('too-many-aliases', `more than ${LIMITS.aliases} YAML aliases`, {
      at: this.#at(node),
      fix: "write the values out, or use 'count' for machines that are alike",
    });
  }

  #duplicateKeys(map: Node & { items: Pair[] }): Diagnostic[] {
    const first = new Map<string, Pair>();
    return map.items.flatMap((pair) => {
      const key = keyText(pair);
      const earlier = first.get(key);
      first.set(key, earlier ?? pair);
      if (!earlier) return [];
      const line = this.#lines.linePos(rangeOf(earlier.key)?.[0] ?? 0).line;
      return diagnostic('duplicate-name', `'${key}' is here twice: line ${line} has it already`, {
        at: this.#at(pair.key),
        fix: 'rename or remove one of them',
      });
    });
  }

  #at(node: unknown): Place {
    const range = rangeOf(node) ?? [0, 0];
    return this.#place(range[0], range[1]);
  }

  #place(from: number, to: number): Place {
    const { line, col } = this.#lines.linePos(Math.min(from, this.text.length));
    const start = this.#lines.lineStarts[line - 1] ?? 0;
    const text = /^[^\r\n]*/.exec(this.text.slice(start))?.[0] ?? '';
    const column = Math.max(1, col);
    const length = Math.max(1, Math.min(to - from, text.length - column + 1));
    return { file: this.file, line: Math.max(1, line), column, length, text };
  }
}

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key));

function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (!isNode(node) || !node.range) return undefined;
  return [node.range[0], node.range[1]];
}

/** The first sentence of the parser's message, without the position it appends. */
const readable = (message: string): string =>
  (message.split('\n')[0] ?? message).replace(/ at line \d+.*$/, '');

function syntaxFix(code: string, text: string, at: number): string {
  if (code === 'TAB_AS_INDENT' || /^\s*\t/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1))) {
    return 'indent with spaces: YAML does not allow tabs';
  }
  if (code === 'BAD_ALIAS') return "quote the text if it only starts with '*' or '&'";
  return (
    SYNTAX_FIXES[code] ?? 'check the quotes, brackets and indentation of this line and the one before it'
  );
}

const SYNTAX_FIXES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS:
    "keep one topology in a file: remove the line '---' and what follows, or move it to a file of its own",
  BAD_INDENT: 'indent the keys of one map equally',
  MISSING_CHAR: 'close the bracket or quote, and put a colon and a space behind a key',
  MULTILINE_IMPLICIT_KEY: 'put a colon and a space behind a key',
  UNEXPECTED_TOKEN: 'check the brackets and quotes of this line and the one before it',
  TAG_RESOLVE_FAILED: 'remove the tag: a topology uses plain text, numbers and true/false',
};
