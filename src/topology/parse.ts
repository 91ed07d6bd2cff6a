/** Text to topology: YAML, then the schema. Wrong parts are left out, so that the rest can still be checked. */
import { Buffer } from 'node:buffer';
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { didYouMean } from '../core/suggest.js';
import { LIMITS } from './document.js';
import { formIssues, toDiagnostic } from './issues.js';
import type { FormIssue } from './unknown-keys.js';
import { valueAt } from './unknown-keys.js';
import type { Topology } from './schema.js';
import { topologySchema } from './schema.js';
import { WITHOUT_JIT } from './record.js';
import { LONGEST_LINE } from './lines.js';
import type { Path } from './source.js';
import { Source } from './source.js';
import type { Filled, Values } from './values.js';
import { fill, isValue } from './values.js';

export type Parsed = {
  readonly source: Source;
  /** The valid parts of the file; undefined where there are none. List entries that were left out are undefined. */
  readonly topology?: Topology;
  /** What was left out or cut down, as `hosts/NAME`, `segments/NAME`, so that later passes report no errors that follow. */
  readonly damaged: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * @param file the name to show in diagnostics
 * @param values for `${NAME}`; default: the first of each list in the topology's own `scenario.sweep`
 */
export function parseTopology(text: string, file: string, values?: Values): Parsed {
  const { source, diagnostics, isReadable } = readSource(text, file);
  const nothing = { source, damaged: new Set<string>(), diagnostics };
  if (!isReadable) return nothing;
  const { data, diagnostics: unfilled } = filled(source, values);
  const result = topologySchema.safeParse(data, WITHOUT_JIT);
  const read = { ...nothing, diagnostics: [...diagnostics, ...unfilled] };
  if (result.success) return { ...read, topology: data as Topology };
  const issues = formIssues(result.error, data);
  const damaged = new Set<string>();
  // Mistakes beyond the limit were not removed, so the rest cannot be used.
  const isAll = Math.max(result.error.issues.length, issues.length) < LIMITS.diagnostics;
  const rest = isAll ? prune(data, issues, damaged) : undefined;
  return {
    source,
    damaged,
    diagnostics: [...read.diagnostics, ...issues.map((issue) => toDiagnostic(issue, source))],
    ...(rest && { topology: rest }),
  };
}

export type ReadSource = {
  readonly source: Source;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the data can be checked further. */
  readonly isReadable: boolean;
};

/** Text to YAML. */
export function readSource(text: string, file: string): ReadSource {
  if (Buffer.byteLength(text) > LIMITS.bytes) return tooLarge(file);
  if (text.includes('\0')) return notText(text, file);
  // The parser misreads a carriage return after a flow map; without it lines and columns stay the same.
  const source = new Source(file, text.replace(/\r\n?/g, '\n'));
  const { diagnostics } = source;
  // Beyond the limit there may be syntax errors that were not looked for.
  const isReadable =
    diagnostics.length < LIMITS.diagnostics && diagnostics.every(({ code }) => code === 'duplicate-name');
  return { source, diagnostics, isReadable };
}

/** In a file without a sweep `${…}` is plain text. The variables of a scenario are filled in when it runs. */
function filled(source: Source, given: Values | undefined): { data: unknown; diagnostics: Diagnostic[] } {
  const data = source.data();
  const values = given ?? firstValues(data);
  if (!values || typeof data !== 'object' || data === null || Array.isArray(data))
    return { data, diagnostics: [] };
  const { scenario, ...rest } = data as Record<string, unknown>;
  const found = fill(rest, values);
  return {
    data: { ...(found.data as object), ...(scenario !== undefined && { scenario }) },
    diagnostics: found.unknown.map((one) => unknownVariable(source, one, values)),
  };
}

export function unknownVariable(
  source: Source,
  { name, path }: Filled['unknown'][number],
  values: Values,
): Diagnostic {
  return diagnostic('unknown-variable', `'\${${name}}' has no value`, {
    at: source.place(path),
    fix: didYouMean(name, Object.keys(values), 'variables'),
  });
}

export const DEFAULT_SEED = 1;

/** Values for a topology whose own scenario is not run: the first of each list, and the seed. */
function firstValues(data: unknown): Values | undefined {
  const scenario = valueAt(data, ['scenario']);
  if (scenario === undefined) return undefined;
  const [seed, sweep] = [valueAt(scenario, ['seed']), valueAt(scenario, ['sweep'])];
  const first = Object.entries(Object(sweep) as object).flatMap(([name, list]) => {
    const [value] = Array.isArray(list) ? (list as unknown[]) : [];
    return isValue(value) ? [[name, value] as const] : [];
  });
  return { seed: typeof seed === 'number' ? seed : DEFAULT_SEED, ...Object.fromEntries(first) };
}

function tooLarge(file: string): ReadSource {
  const message = `the file is larger than ${LIMITS.bytes / 1024} kB`;
  return unread(
    file,
    diagnostic('file-too-large', message, {
      at: startOf(file),
      fix: "use 'count' for machines that are alike",
    }),
  );
}

/** Programs, images and UTF-16 text have zero bytes; YAML does not allow them (YAML 1.2.2 section 5.1). */
function notText(text: string, file: string): ReadSource {
  const before = text.slice(0, text.indexOf('\0')).split(/\r\n?|\n/);
  const column = (before.at(-1) ?? '').length + 1;
  const line = text.split(/\r\n?|\n/, before.length).at(-1) ?? '';
  const at = { file, line: before.length, column, length: 1, text: line.slice(0, LONGEST_LINE) };
  const fix = 'name a topology file, or save this one as UTF-8';
  return unread(
    file,
    diagnostic('yaml-syntax', 'the file is no text in UTF-8: here is a zero byte', { at, fix }),
  );
}

const startOf = (file: string) => ({ file, line: 1, column: 1, length: 1, text: '' });

const unread = (file: string, why: Diagnostic): ReadSource => ({
  source: new Source(file, ''),
  diagnostics: [why],
  isReadable: false,
});

/** Removes the smallest part for each mistake that leaves the rest valid, and adds to `damaged` what later passes would miss. */
function prune(data: unknown, issues: readonly FormIssue[], damaged: Set<string>): Topology | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  for (const { path, code, meant } of issues) {
    const target = code === 'missing-key' && path.length > 0 ? path : unitOf(path);
    if (path[0] !== 'checks') damaged.add(path.slice(0, 2).join('/'));
    // With 'hots' in place of 'hosts', the hosts are not missing.
    if (path.length === 1 && meant !== undefined) damaged.add(meant);
    remove(data, target);
  }
  const root = data as Partial<Record<keyof Topology, unknown>>;
  return {
    ...root,
    name: typeof root.name === 'string' ? root.name : 'lab',
    segments: root.segments ?? {},
  } as Topology;
}

/** The part to remove for a mistake at a path: the whole entry in a list, otherwise the key. */
function unitOf(path: Path): Path {
  const index = path.findIndex((step) => typeof step === 'number');
  return index < 0 ? path : path.slice(0, index + 1);
}

function remove(data: object, path: Path): void {
  const last = path.at(-1);
  const parent = valueAt(data, path.slice(0, -1));
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else Reflect.deleteProperty(parent, last);
}
