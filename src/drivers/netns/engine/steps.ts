/** Steps by machine, as the engine works them off. */
import type { Step, StepOf } from '../../../plan/step.js';

export type MachineWork = {
  readonly machine: StepOf<'machine'>;
  readonly links: StepOf<'link'>[];
  readonly addresses: StepOf<'address'>[];
  readonly routes: StepOf<'route'>[];
  readonly neighbours: StepOf<'neighbour'>[];
  readonly rules: StepOf<'rules'>[];
};

export type Work = {
  readonly segments: readonly StepOf<'segment'>[];
  readonly machines: readonly MachineWork[];
};

const LISTS = {
  link: 'links',
  address: 'addresses',
  route: 'routes',
  neighbour: 'neighbours',
  rules: 'rules',
} as const;

export function workOf(steps: readonly Step[]): Work {
  const segments: StepOf<'segment'>[] = [];
  const machines = new Map<string, MachineWork>();
  for (const step of steps) {
    if (step.do === 'segment') segments.push(step);
    else if (step.do === 'machine')
      machines.set(step.machine, {
        machine: step,
        links: [],
        addresses: [],
        routes: [],
        neighbours: [],
        rules: [],
      });
    else (machines.get(step.machine)?.[LISTS[step.do]] as Step[] | undefined)?.push(step);
  }
  return { segments, machines: [...machines.values()] };
}
