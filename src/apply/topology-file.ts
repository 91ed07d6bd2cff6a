/** Reads a topology, from a file or from data, and resolves it to a lab. */
import { dirname, resolve as resolvePath } from 'node:path';
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic, isError } from '../core/diagnostic.js';
import { LabnetError } from '../core/errors.js';
import { inPhase } from '../core/phases.js';
import type { Lab } from '../model/lab.js';
import { countMachines } from '../model/passes/machines.js';
import type { Resolved } from '../model/resolve.js';
import { resolve } from '../model/resolve.js';
import { isScenarioFile } from '../scenario/kind.js';
import { parseTopology } from '../topology/parse.js';
import type { Text } from './named-text.js';
import { read } from './named-text.js';
import type { TopologyData } from '../topology/schema.js';
import { MAX_COUNT } from '../topology/schema.js';
import type { Values } from '../topology/values.js';

export type Loaded = {
  readonly lab: Lab;
  /** Absolute; empty where the topology came as data. */
  readonly file: string;
  readonly warnings: readonly Diagnostic[];
};
export type Checked = {
  readonly lab?: Lab;
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
};

/** Is called with the probable name of a lab as soon as its file is read, before it is parsed. */
type Foresee = (name: string | undefined) => void;

export type LoadOptions = {
  /** Replaces the name in the topology. */
  readonly name?: string | undefined;
  /** Values for `${NAME}` in the topology. */
  readonly values?: Values | undefined;
  readonly foresee?: Foresee | undefined;
  /** Is told how many machines a topology without errors has, before it is understood. */
  readonly expect?: ((machines: number) => void) | undefined;
};

export type CheckOptions = Omit<LoadOptions, 'name'>;

/** A topology as a file's path, or as data. */
export type TopologyInput = string | TopologyData;

/** The folder that paths in a topology are relative to. */
export const baseDirOf = (file: string): string => (file === '' ? process.cwd() : dirname(file));

/** @throws LabnetError with exit code 2 and every mistake in the file */
export async function loadTopology(
  input: TopologyInput,
  { name, values, foresee, expect }: LoadOptions = {},
): Promise<Loaded> {
  const {
    lab: found,
    file,
    diagnostics,
  } = await checkTopology(input, {
    values,
    expect,
    foresee: foresee && ((written) => foresee(name ?? written)),
  });
  const lab = found && name !== undefined ? { ...found, name } : found;
  if (!lab) throw new LabnetError(diagnostics, 2);
  return { lab, file, warnings: diagnostics.filter((one) => !isError(one)) };
}

export async function checkTopology(input: TopologyInput, options: CheckOptions = {}): Promise<Checked> {
  if (typeof input !== 'string') {
    options.foresee?.(input.name);
    const { stringify } = await import('yaml');
    return { file: '', ...(await understand(stringify(input), 'topology', options)) };
  }
  const own = read(input);
  if (!('text' in own)) return { file: resolvePath(input), diagnostics: [own] };
  return checkText(own, options);
}

/** Checks a file that has been read already. */
export async function checkText({ file, shown, text }: Text, options: CheckOptions = {}): Promise<Checked> {
  if (isScenarioFile(text)) return { file, diagnostics: [isScenario(shown)] };
  options.foresee?.(NAME_LINE.exec(text)?.[1]);
  return { file, ...(await understand(text, shown, options)) };
}

const isScenario = (shown: string): Diagnostic =>
  diagnostic('missing-key', `${shown} is a scenario, and has no 'segments'`, {
    fix: `'labnet run ${shown}' brings its topology up and runs it`,
  });

/** Finds the name in most files without parsing them. */
const NAME_LINE = /^name:[ \t]*["']?([A-Za-z][A-Za-z0-9-]*)/m;

/** Parses and resolves a topology, and the scenario in it. */
async function understand(text: string, file: string, { values, expect }: CheckOptions): Promise<Resolved> {
  const parsed = inPhase('parse', () => parseTopology(text, file, values));
  const { topology, diagnostics: said } = parsed;
  if (topology && !said.some(isError)) expect?.(Math.min(countMachines(topology), MAX_COUNT));
  const resolved = inPhase('resolve', () => resolve(parsed));
  const { lab, diagnostics } = resolved;
  if (parsed.topology?.scenario === undefined || !lab) return resolved;
  const { scenarioIn } = await import('../scenario/within.js');
  return inPhase('resolve', () => scenarioIn(text, parsed, lab, diagnostics));
}
