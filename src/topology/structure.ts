/** YAML that is well-formed, but no topology: keys and texts that plain data would lose, and aliases that multiply. */
import type { Alias, Document, Node, Pair, Scalar } from 'yaml';
import { isAlias, isMap, isScalar, visit } from 'yaml';
import type { Diagnostic, DiagnosticCode } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { LIMITS } from './document.js';
import type { Lines } from './lines.js';
import { keyText, rangeOf } from './yaml-nodes.js';

/** Looks at each node once and expands no alias, so that a hostile file takes no more time than a long one. */
export function structureErrors(document: Document, lines: Lines): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const aliases: Alias[] = [];
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) aliases.push(node);
      if (isScalar(node)) found.push(...textErrors(node, lines));
      if (isMap(node)) keyErrors(node, lines, found);
      return found.length >= LIMITS.diagnostics ? visit.BREAK : undefined;
    },
  });
  return [...found, ...aliasErrors(document, aliases, lines)];
}

const errorAt = (
  lines: Lines,
  node: unknown,
  [code, message, fix]: readonly [code: DiagnosticCode, message: string, fix: string],
): Diagnostic => diagnostic(code, message, { at: lines.place(rangeOf(node) ?? [0, 0]), fix });

/** Half of a surrogate pair, which an escape can make, is no character: no other program would take it. */
function textErrors(node: Scalar, lines: Lines): Diagnostic[] {
  if (typeof node.value !== 'string' || !/\p{Surrogate}/u.test(node.value)) return [];
  return [
    errorAt(lines, node, [
      'yaml-syntax',
      'an escape that stands for no character',
      'write the character itself',
    ]),
  ];
}

function keyErrors(map: Node & { items: Pair[] }, lines: Lines, found: Diagnostic[]): void {
  const first = new Map<string, Pair>();
  for (const pair of map.items) {
    const problem = badKey(pair.key, lines) ?? duplicateKey(pair, first, lines);
    if (problem) found.push(problem);
    if (found.length >= LIMITS.diagnostics) return;
  }
}

function badKey(key: unknown, lines: Lines): Diagnostic | undefined {
  if (!isScalar(key))
    return errorAt(lines, key, ['yaml-syntax', 'a key that is no text', 'use a plain word as the key']);
  if (key.value === '<<' && key.type === 'PLAIN')
    return errorAt(lines, key, ['yaml-syntax', "merged maps ('<<') are not read", writeOut('keys')]);
  if (key.value !== '__proto__') return undefined;
  // Every JavaScript object has this name already, and zod does not see it.
  return errorAt(lines, key, ['bad-name', "'__proto__' cannot be a name", 'use another name']);
}

const writeOut = (what: string): string =>
  `write the ${what} out, or use 'count' for machines that are alike`;

function duplicateKey(pair: Pair, known: Map<string, Pair>, lines: Lines): Diagnostic | undefined {
  const key = keyText(pair);
  const earlier = known.get(key);
  known.set(key, earlier ?? pair);
  if (!earlier) return undefined;
  const line = lines.lineOf(rangeOf(earlier.key)?.[0] ?? 0);
  const message = `'${key}' is here twice: line ${line} has it already`;
  return errorAt(lines, pair.key, ['duplicate-name', message, 'rename or remove one of them']);
}

function aliasErrors(document: Document, aliases: readonly Alias[], lines: Lines): Diagnostic[] {
  // Each is looked up in the whole document, so no more of them than are allowed.
  const targets = aliases
    .slice(0, LIMITS.aliases)
    .map((alias) => ({ alias, target: alias.resolve(document) }));
  const dangling = targets
    .filter(({ target }) => target === undefined)
    .map(({ alias }) => danglingAlias(alias, lines));
  const [excess] = aliases.slice(LIMITS.aliases);
  if (excess) return [...dangling, tooMany(excess, `more than ${LIMITS.aliases} YAML aliases`, lines)];
  // An alias to a node with aliases multiplies; a topology has no use for that.
  const nested = targets.find(({ target }) => target !== undefined && holdsAlias(target));
  if (!nested) return dangling;
  return [...dangling, tooMany(nested.alias, 'a YAML alias of what has aliases in it', lines)];
}

const tooMany = (alias: Alias, message: string, lines: Lines): Diagnostic =>
  errorAt(lines, alias, ['too-many-aliases', message, writeOut('values')]);

const danglingAlias = (alias: Alias, lines: Lines): Diagnostic =>
  errorAt(lines, alias, [
    'yaml-syntax',
    `the alias *${alias.source} stands for nothing before it`,
    `quote the text if it only starts with '*', or define &${alias.source}`,
  ]);

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
