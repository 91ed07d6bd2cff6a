/** Errors of zod as diagnostics, in words for somebody who writes a topology. */
import * as z from 'zod';
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { LIMITS } from './document.js';
import { topologySchema } from './schema.js';
import type { Path, Source } from './source.js';
import type { FormIssue } from './unknown-keys.js';
import { secondKind, strayKey, unknownKey, unknownKind, valueAt } from './unknown-keys.js';

type Issue = z.core.$ZodIssue;

/** The kind of document; default: a topology. */
export type Language = {
  readonly schema: z.core.$ZodType;
  /** The name for the whole document in messages. */
  readonly whole: string;
};
const TOPOLOGY: Language = { schema: topologySchema, whole: 'the topology' };

export function formIssues(error: z.ZodError, data: unknown, language: Language = TOPOLOGY): FormIssue[] {
  const issues = error.issues
    .slice(0, LIMITS.diagnostics)
    .filter((issue, _, all) => !isSize(issue) || !all.some((one) => isTypeOf(one, issue)))
    .flatMap((issue) => unknownKind(issue, data) ?? described(issue, data, language))
    .slice(0, LIMITS.diagnostics);
  const misspelt = new Set(
    issues
      .filter(({ code }) => code === 'unknown-key')
      .map(({ path, meant }) => keyAt(path.slice(0, -1), meant)),
  );
  return issues.filter(
    ({ code, path, meant }) => code !== 'missing-key' || !misspelt.has(keyAt(path, meant)),
  );
}

/** A wrong length; left out where the type is wrong as well, as of a text in place of a list. */
const isSize = ({ code }: Issue): boolean => code === 'too_big' || code === 'too_small';
const isTypeOf = (one: Issue, { path }: Issue): boolean =>
  one.code === 'invalid_type' && JSON.stringify(one.path) === JSON.stringify(path);

const keyAt = (path: Path, key: string | undefined): string => JSON.stringify([...path, key]);

export const toDiagnostic = (issue: FormIssue, source: Source): Diagnostic =>
  diagnostic(issue.code, issue.message, { at: source.place(issue.path, issue.part), fix: issue.fix });

const described = (issue: Issue, data: unknown, language: Language): FormIssue[] =>
  flatten(issue, []).flatMap((one) => describe(one, data, language));

/** For a union: the issues of the alternative that the author most likely meant, which has the fewest of them. */
function flatten(issue: Issue, base: Path): Issue[] {
  const path = [...base, ...issue.path] as PropertyKey[];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }];
  const alternatives = issue.errors.map((errors) => errors.flatMap((inner) => flatten(inner, path as Path)));
  const scored = alternatives.map((issues) => ({ issues, score: distanceOf(issues, path.length) }));
  const best = Math.min(...scored.map(({ score }) => score));
  if (best < WRONG_TYPE) return scored.find(({ score }) => score === best)?.issues ?? [];
  return [{ ...issue, errors: [], path }];
}

const WRONG_TYPE = 1000;

/** An alternative that expects another type was not meant; one with a missing or unknown key may have been. */
function distanceOf(issues: readonly Issue[], depth: number): number {
  return issues.reduce((sum, issue) => {
    const isWrongType = issue.code === 'invalid_union' || issue.code === 'invalid_type';
    if (isWrongType && issue.path.length === depth) return sum + WRONG_TYPE;
    return sum + (issue.code === 'unrecognized_keys' ? issue.keys.length * 2 : 1);
  }, 0);
}

function describe(issue: Issue, data: unknown, language: Language): FormIssue[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const stray = strayKey(path, data);
  if (issue.code === 'unrecognized_keys' && !stray)
    return issue.keys
      .slice(0, LIMITS.diagnostics)
      .map((key) => secondKind(path, key, data) ?? unknownKey([...path, key], issue.message.split(' ')));
  if (issue.code === 'invalid_key') return [badSetting(path)];
  if (stray) return [stray];
  const value = valueAt(data, path);
  if (value === undefined) return [missing(path, data, language)];
  return [
    {
      path,
      part: 'value',
      code: 'wrong-value',
      message: `${nameOf(path, language.whole)} ${complaint(issue, value)}`,
      fix: expectation(path, data, language.schema, sizeOf(issue)),
    },
  ];
}

/** The only map whose keys must have a certain form is that of Vagrant provider settings. */
const badSetting = (path: Path): FormIssue => ({
  path,
  part: 'key',
  code: 'wrong-value',
  message: `'${String(path.at(-1))}' cannot be a provider's setting`,
  fix: "write it as the provider's documentation does: lower-case letters, digits and underscores",
});

function missing(path: Path, data: unknown, { schema, whole }: Language): FormIssue {
  const key = String(path.at(-1));
  return {
    path: path.slice(0, -1),
    part: path.length > 1 && typeof path.at(-2) === 'string' ? 'key' : 'value',
    code: 'missing-key',
    message: `${nameOf(path.slice(0, -1), whole)} has no '${key}'`,
    fix: `add '${key}: …', ${expectation(path, data, schema).replace(/^expected /, '')}`,
    meant: key,
  };
}

/** A path as people write it: `routers.router.nat[0].public`. */
export const nameOf = (path: Path, whole = 'the topology'): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  ) || whole;

function complaint(issue: Issue, value: unknown): string {
  const size = sizeOf(issue);
  if (size) return `has ${counted(Array.isArray(value) ? value.length : String(value).length, size.unit)}`;
  if (issue.code === 'too_big') return `is more than ${issue.maximum}`;
  if (issue.code === 'too_small') return `is less than ${issue.minimum}`;
  if (issue.code === 'invalid_value' && value !== null) return `is ${JSON.stringify(value)}`;
  return `is ${kindOf(value)}`;
}

type Size = { readonly limit: string; readonly unit: Unit };
type Unit = keyof typeof UNITS;
const UNITS = { entry: 'entries', character: 'characters' } as const;

const SIZED: Readonly<Record<string, Unit>> = { array: 'entry', string: 'character' };

/** What a list or a text that is too long or too short may have; undefined for other issues. */
function sizeOf(issue: Issue): Size | undefined {
  if (issue.code !== 'too_big' && issue.code !== 'too_small') return undefined;
  const unit = SIZED[issue.origin];
  if (unit === undefined) return undefined;
  const [most, bound] = issue.code === 'too_big' ? ['at most', issue.maximum] : ['at least', issue.minimum];
  return { limit: `${issue.exact === true ? 'exactly' : most} ${counted(Number(bound), unit)}`, unit };
}

const counted = (many: number, unit: Unit): string =>
  `${many === 0 ? 'no' : many} ${many === 1 ? unit : UNITS[unit]}`;

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'string' ? `the text ${JSON.stringify(value.slice(0, 40))}` : JSON.stringify(value);
}

/**
 * The schema's description of the value at a path, from the alternative most similar to the written value.
 * @param size where the form is right, and only the size wrong
 */
function expectation(path: Path, data: unknown, schema: z.core.$ZodType, size?: Size): string {
  let nodes: readonly z.core.$ZodType[] = [schema];
  let described: string | undefined;
  for (const [depth, step] of [...path, undefined].entries()) {
    const isLast = step === undefined;
    const known = nodes.flatMap((node) => textOf(node, isLast ? size?.limit : undefined) ?? []);
    described = known[0] ?? described;
    if (isLast) break;
    const likely = likeliest(nodes.flatMap(alternatives), valueAt(data, path.slice(0, depth)));
    nodes = likely.flatMap((node) => childrenOf(node, step));
  }
  return `expected ${described ?? 'another value'}`;
}

/** The alternatives that have the most of the written keys. */
function likeliest(nodes: readonly z.core.$ZodType[], value: unknown): readonly z.core.$ZodType[] {
  const keys = Object.keys(Object(value) as object).slice(0, LIMITS.diagnostics);
  const scores = nodes.map((node) =>
    node instanceof z.ZodObject ? keys.filter((key) => Object.hasOwn(node.shape, key)).length : 0,
  );
  const best = Math.max(...scores);
  return nodes.filter((_, index) => scores[index] === best);
}

function textOf(node: z.core.$ZodType, size?: string): string | undefined {
  const unwrapped = unwrap(node);
  if (unwrapped instanceof z.ZodEnum) return `one of ${unwrapped.options.join(', ')}`;
  const described = z.globalRegistry.get(node)?.description ?? z.globalRegistry.get(unwrapped)?.description;
  const form = size ?? formOf(unwrapped);
  if (form === undefined) return described;
  return described === undefined ? form : `${form}: ${described}`;
}

/** Fixes for types whose description rarely says how to write them. */
function formOf(node: z.core.$ZodType): string | undefined {
  if (node instanceof z.ZodBoolean) return 'true or false';
  if (node instanceof z.ZodNumber && node.format === 'safeint')
    return `a whole number from ${node.minValue} to ${node.maxValue}`;
  if (node instanceof z.ZodArray) return "a list, each entry behind '- '";
  const isMap =
    node instanceof z.ZodRecord || (node instanceof z.ZodObject && node.def.catchall !== undefined);
  return isMap && node !== topologySchema ? "a map, KEY: VALUE without '- '" : undefined;
}

const unwrap = (node: z.core.$ZodType): z.core.$ZodType =>
  node instanceof z.ZodOptional ? unwrap(node.unwrap()) : node;

function alternatives(node: z.core.$ZodType): readonly z.core.$ZodType[] {
  const plain = unwrap(node);
  return plain instanceof z.ZodUnion ? plain.options.flatMap((option) => alternatives(option)) : [plain];
}

function childrenOf(node: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  if (node instanceof z.ZodArray) return [node.element];
  if (node instanceof z.ZodRecord) return [node.valueType];
  if (!(node instanceof z.ZodObject)) return [];
  const shape = node.shape as Record<string, z.core.$ZodType>;
  const child = Object.hasOwn(shape, step) ? shape[step] : node.def.catchall;
  return child ? [child] : [];
}
