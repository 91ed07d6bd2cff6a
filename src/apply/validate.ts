/** Finds every mistake in a file: a topology with the scenario in it, or a scenario with the topology it names. */
import { resolve as resolvePath } from 'node:path';
import { LabnetError } from '../core/errors.js';
import { hasScenario } from '../scenario/kind.js';
import { read } from './named-text.js';
import type { Checked, CheckOptions, TopologyInput } from './topology-file.js';
import { checkText, checkTopology } from './topology-file.js';

export type Validated = Checked & { readonly scenario?: ScenarioSize };

export type ValidateOptions = Pick<CheckOptions, 'expect'>;

export type ScenarioSize = { readonly name: string; readonly runs: number; readonly steps: number };

/** Of a scenario every combination is judged. */
export async function validateInput(input: TopologyInput, options: ValidateOptions = {}): Promise<Validated> {
  if (typeof input !== 'string') return checkTopology(input, options);
  const own = read(input);
  if (!('text' in own)) return { file: resolvePath(input), diagnostics: [own] };
  if (!hasScenario(own.text)) return checkText(own, options);
  const { planText } = await import('./run/load.js');
  try {
    const { name, runs, warnings } = planText(own);
    const [first] = runs;
    const lab = first?.states[0]?.lab;
    const scenario = { name, runs: runs.length, steps: first?.schedule.steps.length ?? 0 };
    return { file: own.file, diagnostics: warnings, scenario, ...(lab && { lab }) };
  } catch (error) {
    if (error instanceof LabnetError) return { file: own.file, diagnostics: error.diagnostics };
    throw error;
  }
}
