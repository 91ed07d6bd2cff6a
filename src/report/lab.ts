/** The size of a lab as text. */
import type { ScenarioSize } from '../apply/validate.js';
import { count } from '../core/text.js';
import type { Lab } from '../model/lab.js';

export type LabSize = { readonly hosts: number; readonly routers: number; readonly segments: number };

export function sizeOf({ machines, segments }: Lab): LabSize {
  const hosts = machines.filter(({ kind }) => kind === 'host').length;
  return { hosts, routers: machines.length - hosts, segments: segments.length };
}

export const sizeText = ({ hosts, routers, segments }: LabSize): string =>
  [count(hosts, 'host'), count(routers, 'router'), count(segments, 'segment')].join(', ');

/** What a scenario asks for. */
export const scenarioText = ({ name, runs, steps }: ScenarioSize): string =>
  `its scenario ${name}: ${count(steps, 'step')}, ${count(runs, 'run')}`;

/** Milliseconds as text for people. */
export const seconds = (duration: number): string =>
  `${(duration / 1000).toFixed(duration < 10_000 ? 2 : 1)} s`;
