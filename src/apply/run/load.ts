/** A scenario file to the runs it asks for, each with its values, seed and schedule. */
import { createHash } from 'node:crypto';
import { dirname, resolve as resolvePath } from 'node:path';
import type { Diagnostic, Place } from '../../core/diagnostic.js';
import { diagnostic, isError } from '../../core/diagnostic.js';
import { LabnetError } from '../../core/errors.js';
import { memoizedFor } from '../../core/memo.js';
import { inPhase } from '../../core/phases.js';
import { resolve } from '../../model/resolve.js';
import type { ScenarioFile } from '../../scenario/parse.js';
import { parseScenario } from '../../scenario/parse.js';
import { scheduleOf } from '../../scenario/resolve.js';
import { LIMITS } from '../../scenario/schema.js';
import type { Schedule, Step } from '../../scenario/step.js';
import { filterTroubles } from './filters.js';
import type { LabState } from './refused.js';
import { tryOut } from './refused.js';
import type { Sweep } from '../../scenario/sweep.js';
import { combinations } from '../../scenario/sweep.js';
import { DEFAULT_SEED, parseTopology } from '../../topology/parse.js';
import type { Values } from '../../topology/values.js';
import { FilterCompiler } from '../capture/compile.js';
import type { Text } from '../named-text.js';
import { read } from '../named-text.js';

export type PlannedRun = {
  /** From 1, over all combinations. */
  readonly index: number;
  readonly values: Values;
  /** From 1, of this combination. */
  readonly repeat: number;
  readonly seed: number;
  readonly schedule: Schedule;
  /** What its lab goes through. */
  readonly states: readonly LabState[];
};

export type FileHash = { readonly path: string; readonly sha256: string };

export type RunPlan = {
  readonly name: string;
  /** Of the topology, which each run's lab is named after. */
  readonly lab: string;
  readonly scenario: FileHash;
  readonly topology: FileHash;
  readonly seed: number;
  readonly repeat: number;
  readonly sweep: Sweep;
  readonly runs: readonly PlannedRun[];
  readonly warnings: readonly Diagnostic[];
  /** Where the action of a step stands. */
  readonly place: (step: Step) => Place;
};

export type PlanOptions = { readonly seed?: number | undefined; readonly repeat?: number | undefined };

/** @throws LabnetError exit code 2 with everything that is wrong with the scenario or its topology, for any combination */
export function planRuns(path: string, options: PlanOptions = {}): RunPlan {
  const own = read(path);
  if (!('text' in own)) throw new LabnetError([own], 2);
  return planText(own, options);
}

/** The same of what was read. */
export function planText(own: Text, options: PlanOptions = {}): RunPlan {
  const file = parseScenario(own.text, own.shown);
  const { scenario } = file;
  const topology = topologyOf(own, file);
  if (!scenario || !('text' in topology))
    throw new LabnetError('text' in topology ? file.diagnostics : [...file.diagnostics, topology], 2);
  const { sweep = {} } = scenario;
  const { seed = scenario.seed ?? DEFAULT_SEED, repeat = scenario.repeat ?? 1 } = options;
  const runs: PlannedRun[] = [];
  const found = new Map<string, Diagnostic>();
  const all = combinations(sweep);
  const compiler = new FilterCompiler();
  if (all.length * repeat > LIMITS.runs) throw new LabnetError([tooMany(all.length * repeat)], 2);
  let lab = file.name ?? 'lab';
  for (const values of all)
    for (let turn = 1; turn <= repeat; turn++) {
      const own = { values, seed: (seed + turn - 1) % 2 ** 31 };
      const { schedule, states = [], diagnostics, name } = planOne(file, topology, own, compiler);
      for (const one of diagnostics) found.set(JSON.stringify(one), one);
      lab = name ?? lab;
      if (schedule) runs.push({ index: runs.length + 1, repeat: turn, schedule, states, ...own });
    }
  const diagnostics = [...found.values()].sort(byPlace);
  if (diagnostics.some(isError) || runs.length === 0) throw new LabnetError(diagnostics, 2);
  return {
    name: file.name ?? lab,
    ...{ lab, seed, repeat, sweep, runs },
    scenario: hashOf(own),
    topology: hashOf(topology),
    warnings: diagnostics,
    place: ({ entry, action }) => file.source.place([...file.timeline, entry, action.kind]),
  };
}

/** What one combination finds and another one does not is in the order of the file all the same. */
const byPlace = ({ at: a }: Diagnostic, { at: b }: Diagnostic): number =>
  (a?.file ?? '').localeCompare(b?.file ?? '') ||
  (a?.line ?? 0) - (b?.line ?? 0) ||
  (a?.column ?? 0) - (b?.column ?? 0);

const tooMany = (count: number): Diagnostic =>
  diagnostic('too-much', `${count} runs are more than labnet accepts`, {
    fix: `at most ${LIMITS.runs}: a smaller '--repeat', or fewer values in the sweep`,
  });

const hashOf = ({ file, text }: Text): FileHash => ({
  path: file,
  sha256: createHash('sha256').update(text).digest('hex'),
});

function topologyOf(own: Text, { topology, source }: ScenarioFile): Text | Diagnostic {
  if (topology === undefined) return own;
  const found = read(resolvePath(dirname(own.file), topology));
  return 'text' in found ? found : { ...found, at: source.place(['topology']) };
}

type Planned = {
  readonly schedule?: Schedule;
  readonly states?: readonly LabState[];
  readonly name?: string;
  readonly diagnostics: readonly Diagnostic[];
};

/** Understood once for all runs whose values are the same in it. */
const understoodFor = memoizedFor<ScenarioFile, Map<string, ReturnType<typeof understand>>>(() => new Map());

function understand({ text, shown }: Text, values: Values) {
  const parsed = inPhase('parse', () => parseTopology(text, shown, values));
  return { parsed, ...inPhase('resolve', () => resolve(parsed)) };
}

function planOne(
  file: ScenarioFile,
  topology: Text,
  { values, seed }: { readonly values: Values; readonly seed: number },
  compiler: FilterCompiler,
): Planned {
  const all = { ...values, seed };
  const cache = understoodFor(file);
  const used = Object.entries(all).filter(([name]) => topology.text.includes(`\${${name}}`));
  const key = JSON.stringify(used);
  const { parsed, lab, diagnostics } = cache.get(key) ?? understand(topology, all);
  cache.set(key, { parsed, diagnostics, ...(lab && { lab }) });
  if (!lab) return { diagnostics: [...diagnostics, ...file.diagnostics] };
  const { schedule, diagnostics: wrong } = scheduleOf(file, { topology: parsed, lab, values: all, seed });
  const { diagnostics: refused = [], states = [] } = schedule ? tryOut(schedule, lab, file) : {};
  const filters = schedule ? filterTroubles(schedule, lab, file, compiler) : [];
  return {
    name: lab.name,
    diagnostics: [...diagnostics, ...wrong, ...refused, ...filters],
    ...(schedule && { schedule, states }),
  };
}
