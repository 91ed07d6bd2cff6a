/** Scenarios for tests, scheduled as `labnet run` would. */
import type { Diagnostic } from '../../src/core/diagnostic.js';
import { resolve } from '../../src/model/resolve.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { scheduleOf } from '../../src/scenario/resolve.js';
import type { Schedule } from '../../src/scenario/step.js';
import { combinations } from '../../src/scenario/sweep.js';
import { parseTopology } from '../../src/topology/parse.js';

/** Two homes behind routers, and a server between them. */
export const HOMES = `name: homes
segments: { internet: 203.0.113.0/24, home: 192.168.1.0/24 }
hosts: { alice: { home: 192.168.1.10 }, server: { internet: 203.0.113.1 } }
routers:
  router:
    interfaces: { home: 192.168.1.1, internet: 203.0.113.11 }
    nat: [{ masquerade: home, via: internet }]
`;

export type Scheduled = { readonly schedule?: Schedule; readonly diagnostics: readonly Diagnostic[] };

/** Of the first combination. */
export function scheduled(text: string, topology = HOMES, seed = 1, name = 'scenario.yaml'): Scheduled {
  const file = parseScenario(text, name);
  const [values = {}] = combinations(file.scenario?.sweep ?? {});
  const parsed = parseTopology(topology, 'topology.yaml', { ...values, seed });
  const { lab, diagnostics } = resolve(parsed);
  if (!lab) return { diagnostics: [...diagnostics, ...file.diagnostics] };
  return scheduleOf(file, { topology: parsed, lab, values, seed });
}

/** The steps of a timeline that has no mistakes. */
export function stepsOf(timeline: string, seed = 1, more = ''): Schedule['steps'] {
  const { schedule, diagnostics } = scheduled(`topology: t.yaml\n${more}timeline:\n${timeline}`, HOMES, seed);
  if (!schedule) throw new Error(JSON.stringify(diagnostics, null, 1));
  return schedule.steps;
}
