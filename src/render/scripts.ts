/** A lab as shell scripts: the engine's netlink operations as commands that a person can read and run. */
import { LOADERS, RULE_FILES } from './rules.js';
import { groupBy } from '../core/group-by.js';
import { cidr } from '../core/ip.js';
import type { Lab, Machine } from '../model/lab.js';
import type { View } from '../model/view.js';
import { viewOf } from '../model/view.js';
import { buildSteps } from '../plan/build.js';
import { hostsFile } from '../plan/hosts.js';
import type { Step, StepOf } from '../plan/step.js';
import { stepText } from '../plan/step.js';
import { linkTexts } from './link-parts.js';
import { printable } from './text.js';
import type { Templates } from './templates.js';
import { fill } from './templates.js';

export type RenderedFile = {
  readonly path: string;
  readonly text: string;
  /** The text in pieces, of which other files have the same. */
  readonly parts?: readonly string[];
};

/** @param parts called on demand, as the texts of a large lab fill a hundred megabytes */
export const inParts = (path: string, parts: () => readonly string[]): RenderedFile => ({
  path,
  get parts() {
    return parts();
  },
  get text() {
    return parts().join('');
  },
});

export function renderScripts(lab: Lab, templates: Templates): RenderedFile[] {
  const steps = buildSteps(lab);
  const view = viewOf(lab);
  const byMachine = groupByMachine(steps);
  const head = { lab: lab.name, file: printable(lab.file) };
  const links = (name: string): StepOf<'link'>[] => pick(byMachine.get(name) ?? [], 'link');
  return [
    { path: 'plan.txt', text: planText(lab, steps) },
    {
      path: 'lab.sh',
      text: fill(templates, 'lab.sh', {
        ...head,
        segments: pick(steps, 'segment'),
        machines: lab.machines.map(({ name }) => ({ name, links: links(name) })),
        between: linkTexts(pick(steps, 'impair'), 'down'),
      }),
    },
    ...lab.machines.flatMap((machine) =>
      machineFiles(view, machine, byMachine.get(machine.name) ?? [], templates),
    ),
  ];
}

const groupByMachine = (steps: readonly Step[]): ReadonlyMap<string, readonly Step[]> =>
  groupBy(
    steps.filter((step) => step.do !== 'segment'),
    ({ machine }) => machine,
  );

const pick = <Kind extends Step['do']>(steps: readonly Step[], kind: Kind): StepOf<Kind>[] =>
  steps.filter((step): step is StepOf<Kind> => step.do === kind);

function machineFiles(
  view: View,
  machine: Machine,
  steps: readonly Step[],
  templates: Templates,
): RenderedFile[] {
  const folder = `machines/${machine.name}`;
  const { lab } = view;
  const [rules] = pick(steps, 'rules');
  const services = pick(steps, 'service');
  const script = (): string =>
    fill(templates, 'apply.sh', {
      lab: lab.name,
      file: printable(lab.file),
      machine: machine.name,
      kind: machine.kind,
      sysctls: pick(steps, 'machine').flatMap(({ sysctls }) => Object.entries(sysctls)),
      ...networkOf(steps),
      own: linkTexts(pick(steps, 'impair'), 'up'),
      rules: RULE_FILES.filter((one) => (rules?.texts[one] ?? '') !== '').map((one) => ({
        command: LOADERS[one].join(' '),
        file: `rules.${one}`,
      })),
      services: services.map(({ service, about }) => ({ service, about })),
    });
  return [
    inParts(`${folder}/apply.sh`, () => [script()]),
    inParts(`${folder}/hosts`, () => [hostsFile(view, machine)]),
    ...RULE_FILES.flatMap((one) => {
      const text = rules?.texts[one] ?? '';
      return text === '' ? [] : [{ path: `${folder}/rules.${one}`, text }];
    }),
    ...services.flatMap(({ service, files }) =>
      Object.entries({ ...files, [`${service}.pl`]: templates[`${service}.pl`] }).map(([name, text]) => ({
        path: `${folder}/${service}/${name}`,
        text,
      })),
    ),
  ];
}

const networkOf = (steps: readonly Step[]) => ({
  addresses: pick(steps, 'address').map((step) => ({ ...step, more: addressOptions(step.address) })),
  links: pick(steps, 'link'),
  routes: pick(steps, 'route'),
  neighbours: pick(steps, 'neighbour'),
});

function addressOptions(address: string): string {
  const { prefix } = cidr(address);
  if (prefix.family === 6) return ' nodad';
  return prefix.length < 31 ? ' broadcast +' : '';
}

/** Every step in words: the segments, then what is done in each machine. */
function planText(lab: Lab, steps: readonly Step[]): string {
  const byMachine = groupByMachine(steps);
  const parts = lab.machines.map(({ name, kind }) => {
    const own = byMachine.get(name) ?? [];
    const settings = pick(own, 'machine').flatMap(({ sysctls }) => Object.entries(sysctls));
    const words = own
      .filter((step) => step.do !== 'machine')
      .map((step) => stepText(step).slice(name.length + 2));
    return [
      `${name} (${kind})`,
      ...settings.map(([key, value]) => `  ${key} = ${value}`),
      ...words.map((text) => `  ${text}`),
    ];
  });
  return `${[...pick(steps, 'segment').map(stepText), ...parts.map((lines) => `\n${lines.join('\n')}`)].join('\n')}\n`;
}
