/** Checks the scenario in a topology that is not run, with the first of each of its values. */
import type { Diagnostic } from '../core/diagnostic.js';
import { isError } from '../core/diagnostic.js';
import type { Lab } from '../model/lab.js';
import type { Readable, Resolved } from '../model/resolve.js';
import { DEFAULT_SEED } from '../topology/parse.js';
import { parseScenario } from './parse.js';
import { scheduleOf } from './resolve.js';
import { combinations } from './sweep.js';

/** @param found what was said of the topology, which goes before */
export function scenarioIn(
  text: string,
  topology: Readable,
  lab: Lab,
  found: readonly Diagnostic[],
): Resolved {
  const file = parseScenario(text, topology.source.file);
  const { sweep = {}, seed = DEFAULT_SEED } = file.scenario ?? {};
  const [values = {}] = combinations(sweep);
  const { diagnostics } = scheduleOf(file, { topology, lab, values: { ...values, seed }, seed });
  const all = [...found, ...diagnostics];
  return { diagnostics: all, ...(!all.some(isError) && { lab }) };
}
