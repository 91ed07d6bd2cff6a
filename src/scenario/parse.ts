/** Parses a scenario, which is part of a topology or a file of its own that names one. */
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { formIssues, toDiagnostic } from '../topology/issues.js';
import { valueAt } from '../topology/unknown-keys.js';
import { readSource } from '../topology/parse.js';
import { WITHOUT_JIT } from '../topology/record.js';
import type { Path, Source } from '../topology/source.js';
import type { WrittenScenario } from './schema.js';
import { LIMITS, scenarioFileSchema, scenarioSchema } from './schema.js';
import { combinationCount } from './sweep.js';
import { readTime } from './time.js';

export type ScenarioFile = {
  readonly source: Source;
  /** Undefined if its form is wrong. */
  readonly scenario?: WrittenScenario;
  /** The path of the steps. */
  readonly timeline: Path;
  /** The topology it names; undefined if it is part of a topology. */
  readonly topology?: string;
  readonly name?: string;
  readonly diagnostics: readonly Diagnostic[];
};

/** A file without segments and hosts is a scenario of its own. */
export function parseScenario(text: string, file: string): ScenarioFile {
  const { source, diagnostics, isReadable } = readSource(text, file);
  if (!isReadable) return { source, timeline: [], diagnostics };
  const data = source.data();
  if (valueAt(data, ['segments']) === undefined && valueAt(data, ['hosts']) === undefined)
    return ownFile(source, data);
  const written = valueAt(data, ['scenario']);
  if (written !== undefined) return within(source, written);
  const fix = "add 'scenario:' with a timeline, or name a file that has 'topology:' and 'timeline:'";
  const message = 'the topology has no scenario';
  const missing = diagnostic('no-scenario', message, { at: source.place([]), fix });
  return { source, timeline: [], diagnostics: [...diagnostics, missing] };
}

function ownFile(source: Source, data: unknown): ScenarioFile {
  const language = { schema: scenarioFileSchema, whole: 'the scenario' };
  const result = scenarioFileSchema.safeParse(data, WITHOUT_JIT);
  if (!result.success) {
    const issues = formIssues(result.error, data, language).map((issue) => toDiagnostic(issue, source));
    return { source, timeline: ['timeline'], diagnostics: [...source.diagnostics, ...issues] };
  }
  const { topology, name, ...scenario } = result.data;
  return { ...judged(source, scenario, []), topology, ...(name !== undefined && { name }) };
}

/** @param written the value of `scenario`; a list alone is its timeline */
function within(source: Source, written: unknown): ScenarioFile {
  const isList = Array.isArray(written);
  const data = { scenario: isList ? { timeline: written as unknown[] } : written };
  const result = scenarioSchema.safeParse(data.scenario, WITHOUT_JIT);
  const base: Path = ['scenario'];
  if (result.success) return judged(source, result.data, base, isList ? base : [...base, 'timeline']);
  const issues = formIssues(result.error, data.scenario, { schema: scenarioSchema, whole: 'the scenario' });
  const diagnostics = issues.map((issue) =>
    toDiagnostic({ ...issue, path: [...base, ...issue.path] }, source),
  );
  return { source, timeline: base, diagnostics: [...source.diagnostics, ...diagnostics] };
}

/** Finds mistakes that do not depend on the topology. */
function judged(
  source: Source,
  scenario: WrittenScenario,
  base: Path,
  timeline: Path = [...base, 'timeline'],
): ScenarioFile {
  const problems: Diagnostic[] = [];
  const say: Say = (code, message, path, fix) =>
    void problems.push(diagnostic(code, message, { at: source.place([...base, ...path]), fix }));
  judge(scenario, say);
  return {
    source,
    timeline,
    diagnostics: [...source.diagnostics, ...problems],
    ...(problems.length === 0 && { scenario }),
  };
}

type Say = (code: 'too-much' | 'bad-time' | 'bad-name', message: string, path: Path, fix: string) => void;

function judge(scenario: WrittenScenario, say: Say): void {
  const { sweep = {}, repeat = 1, duration } = scenario;
  const runs = combinationCount(sweep) * repeat;
  if (runs > LIMITS.runs)
    say(
      'too-much',
      `the sweep makes ${runs} runs`,
      ['sweep'],
      `at most ${LIMITS.runs}: fewer values, or a smaller 'repeat'`,
    );
  for (const name of Object.keys(sweep))
    if (!/^[A-Za-z][\w-]{0,30}$/.test(name) || RESERVED.includes(name))
      say(
        'bad-name',
        `'${name}' cannot be a variable`,
        ['sweep', name],
        'a letter, then letters, digits, hyphens; not seed, ramp',
      );
  const length = duration === undefined ? 0 : readTime(duration);
  if (length === undefined || length < 0 || length > LIMITS.duration)
    say(
      'bad-time',
      `'${String(duration)}' is no duration`,
      ['duration'],
      'write a time such as 30s, of a day at most',
    );
}

/** labnet itself gives them their values. */
const RESERVED: readonly string[] = ['seed', 'ramp'];
