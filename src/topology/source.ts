/** A topology file as text and YAML tree: knows where each value and key stands. */
import type { Alias, Document, Node, Pair, Scalar, YAMLError } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, visit } from 'yaml';
import type { Diagnostic, Place } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import type { Refusal } from './document.js';
import { LIMITS, readDocument } from './document.js';
import { bareVariable, syntaxFix, syntaxMessage } from './syntax-words.js';

/** A place in the data: keys and indexes from the root. */
export type Path = readonly (string | number)[];
/** `key` points at the key itself, `value` at what it holds. */
export type Part = 'key' | 'value';

/** Of a longer line no more is shown: it is no line that people write. */
export const LONGEST_LINE = 2_000;

export class Source {
  readonly #lines = new LineCounter();
  readonly #doc: Document;
  readonly #texts = new Map<number, string>();
  readonly #keys = new WeakMap<Node, Map<string, Pair>>();
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    const { document, refusal } = readDocument(text);
    this.#doc = document;
    // The parser's own count leaves lines out where there is an error.
    this.#lines.addNewLine(0);
    for (const { index } of text.matchAll(/\n/g)) this.#lines.addNewLine(index + 1);
    // One slip of a quote may make an error of every line behind it.
    const errors = [...document.errors, ...document.warnings].slice(0, LIMITS.syntaxErrors);
    const syntax = refusal ? [this.#refused(refusal)] : this.#syntaxErrors(errors);
    this.diagnostics = syntax.length > 0 ? syntax : this.#structure();
  }

  /** The plain data of the file; only where `diagnostics` has none but duplicate names. */
  data(): unknown {
    return this.#doc.toJS({ maxAliasCount: -1, mapAsMap: false }) as unknown;
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

  #refused({ code, message, fix, offset }: Refusal): Diagnostic {
    return diagnostic(code, message, { at: this.#place(offset, offset + 1), fix });
  }

  /** But those that follow, in the same line, from a tab that indents it. */
  #syntaxErrors(errors: readonly YAMLError[]): Diagnostic[] {
    const bare = bareVariable(errors[0], this.text);
    if (bare) {
      // What the parser says of the rest of the file follows from it.
      const { at, length, message, fix } = bare;
      return [diagnostic('yaml-syntax', message, { at: this.#place(at, at + length), fix })];
    }
    const lineOf = ({ pos }: YAMLError): number => this.#lines.linePos(pos[0]).line;
    const tabbed = new Set(errors.filter(({ code }) => code === 'TAB_AS_INDENT').map(lineOf));
    return errors
      .filter((error) => error.code === 'TAB_AS_INDENT' || !tabbed.has(lineOf(error)))
      .map((error) => this.#syntaxError(error));
  }

  /** Where a quoted text that nothing ends began, as everything behind it is inside. */
  #opening(error: YAMLError): readonly [number, number] {
    let found = error.pos;
    if (!error.message.startsWith('Missing closing')) return found;
    visit(this.#doc, {
      Scalar: (_, { type, range }) => {
        if (type?.startsWith('QUOTE') && range && range[1] >= error.pos[0]) found = [range[0], range[0] + 1];
      },
    });
    return found;
  }

  #syntaxError(error: YAMLError): Diagnostic {
    const [from, to] = this.#opening(error);
    const fix = syntaxFix(error, this.text, from);
    return diagnostic('yaml-syntax', syntaxMessage(error), { at: this.#place(from, to), fix });
  }

  /** What plain data would lose, and shapes made to exhaust a reader: all of it is looked at once, nothing is expanded. */
  #structure(): Diagnostic[] {
    const found: Diagnostic[] = [];
    const aliases: Alias[] = [];
    visit(this.#doc, {
      Node: (_, node) => {
        if (isAlias(node)) aliases.push(node);
        if (isScalar(node)) found.push(...this.#badText(node));
        if (isMap(node)) this.#lookAtKeys(node, found);
        return found.length >= LIMITS.diagnostics ? visit.BREAK : undefined;
      },
    });
    return [...found, ...this.#badAliases(aliases)];
  }

  /** Half of a surrogate pair, which an escape can make, is no character: no other program would take it. */
  #badText(node: Scalar): Diagnostic[] {
    if (typeof node.value !== 'string' || !/\p{Surrogate}/u.test(node.value)) return [];
    const fix = 'write the character itself';
    return [diagnostic('yaml-syntax', 'an escape that stands for no character', { at: this.#at(node), fix })];
  }

  #badAliases(aliases: readonly Alias[]): Diagnostic[] {
    const [first] = aliases;
    // Each is looked for in the whole document: no more of them than are allowed.
    const targets = aliases
      .slice(0, LIMITS.aliases)
      .map((alias) => ({ alias, target: alias.resolve(this.#doc) }));
    const dangling = targets.filter(({ target }) => target === undefined);
    const fix = "write the values out, or use 'count' for machines that are alike";
    // An alias to what holds aliases multiplies; a topology has no use for that.
    const nested = targets.find(({ target }) => target !== undefined && holdsAlias(target));
    const tooMany = aliases.length > LIMITS.aliases ? aliases[LIMITS.aliases] : nested?.alias;
    const message =
      aliases.length > LIMITS.aliases
        ? `more than ${LIMITS.aliases} YAML aliases`
        : 'a YAML alias of what has aliases in it';
    return [
      ...dangling.map(({ alias }) =>
        diagnostic('yaml-syntax', `the alias *${alias.source} stands for nothing before it`, {
          at: this.#at(alias),
          fix: `quote the text if it only starts with '*', or define &${alias.source}`,
        }),
      ),
      ...(first && tooMany ? [diagnostic('too-many-aliases', message, { at: this.#at(tooMany), fix })] : []),
    ];
  }

  #lookAtKeys(map: Node & { items: Pair[] }, found: Diagnostic[]): void {
    const first = new Map<string, Pair>();
    for (const pair of map.items) {
      const problem = this.#badKey(pair.key) ?? this.#duplicateKey(pair, first);
      if (problem) found.push(problem);
      if (found.length >= LIMITS.diagnostics) return;
    }
  }

  #badKey(key: unknown): Diagnostic | undefined {
    if (!isScalar(key)) {
      const fix = 'use a plain word as the key';
      return diagnostic('yaml-syntax', 'a key that is no text', { at: this.#at(key), fix });
    }
    if (key.value === '<<' && key.type === 'PLAIN') {
      const fix = "write the keys out, or use 'count' for machines that are alike";
      return diagnostic('yaml-syntax', "merged maps ('<<') are not read", { at: this.#at(key), fix });
    }
    if (key.value !== '__proto__') return undefined;
    // Objects of JavaScript have something else under that name, and zod looks past it.
    const fix = 'use another name';
    return diagnostic('bad-name', "'__proto__' cannot be a name", { at: this.#at(key), fix });
  }

  #duplicateKey(pair: Pair, known: Map<string, Pair>): Diagnostic | undefined {
    const key = keyText(pair);
    const earlier = known.get(key);
    known.set(key, earlier ?? pair);
    if (!earlier) return undefined;
    const line = this.#lines.linePos(rangeOf(earlier.key)?.[0] ?? 0).line;
    return diagnostic('duplicate-name', `'${key}' is here twice: line ${line} has it already`, {
      at: this.#at(pair.key),
      fix: 'rename or remove one of them',
    });
  }

  #at(node: unknown): Place {
    const range = rangeOf(node) ?? [0, 0];
    return this.#place(range[0], range[1]);
  }

  #place(from: number, to: number): Place {
    const { line, col } = this.#lines.linePos(Math.min(from, this.text.length));
    const text = this.#textOf(Math.max(1, line));
    const column = Math.max(1, col);
    const length = Math.max(1, Math.min(to - from, text.length - column + 1));
    return { file: this.file, line: Math.max(1, line), column, length, text };
  }

  /** Asked for again and again where everything is in one line. */
  #textOf(line: number): string {
    const known = this.#texts.get(line);
    if (known !== undefined) return known;
    const start = this.#lines.lineStarts[line - 1] ?? 0;
    const text = /^[^\r\n]*/.exec(this.text.slice(start, start + LONGEST_LINE))?.[0] ?? '';
    this.#texts.set(line, text);
    return text;
  }
}

function holdsAlias(node: Node): boolean {
  let found = false;
  visit(node, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key));

function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (!isNode(node) || !node.range) return undefined;
  return [node.range[0], node.range[1]];
}
