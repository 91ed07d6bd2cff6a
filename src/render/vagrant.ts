/** A lab as a folder for Vagrant: one Vagrantfile for VirtualBox and libvirt, and a script for each machine. */
import type { Lab, Machine } from '../model/lab.js';
import { viewOf } from '../model/view.js';
import type { GuestOptions } from './guest.js';
import { guestScript } from './guest.js';
import { rubyLiteral, rubyString } from './ruby.js';
import type { RenderedFile } from './scripts.js';
import { inParts } from './scripts.js';
import { fill } from './templates.js';
import { printable } from './text.js';

/** The default box, which both providers have. */
const DEFAULTS = { box: 'bento/debian-12', memory: 512, cpus: 1 } as const;

/** A file that is to be copied as it is. */
export type CopiedFile = {
  readonly machine: string;
  /** In the folder. */
  readonly path: string;
  /** As the topology names it: relative to the topology's file. */
  readonly source: string;
};

type Scope = 'config' | 'virtualbox' | 'libvirt';
/** A line of Ruby that sets one thing. */
type Setting = { readonly scope: Scope; readonly key: string; readonly text: string };

/**
 * @param tools the script that installs what a machine's image may lack
 * @returns `Vagrantfile`, `tools.sh` and `machines/NAME/setup.sh`; what provisionFiles names has to be put beside them
 */
export function renderVagrant(lab: Lab, tools: string, options: GuestOptions): RenderedFile[] {
  const view = viewOf(lab);
  return [
    { path: 'Vagrantfile', text: vagrantfile(lab, options) },
    { path: 'tools.sh', text: tools },
    ...lab.machines.map((machine) =>
      inParts(setupPath(machine), () => guestScript(view, machine, options).parts),
    ),
  ];
}

/** The topology's own scripts, which run in their machines before setup.sh, while the provider's way out is theirs, in the order in which they are written. */
export const provisionFiles = ({ machines }: Lab): CopiedFile[] => machines.flatMap(provisionsOf);

export const setupPath = ({ name }: Pick<Machine, 'name'>): string => `machines/${name}/setup.sh`;

const provisionsOf = ({ name, provision }: Machine): CopiedFile[] =>
  provision.map((source, index) => ({
    machine: name,
    path: `machines/${name}/provision-${index + 1}.sh`,
    source,
  }));

function vagrantfile(lab: Lab, { templates }: GuestOptions): string {
  const settings = new Map(lab.machines.map((machine) => [machine.name, settingsOf(machine)]));
  const shared = sharedBy([...settings.values()]);
  const isShared = new Set(shared.map(({ text }) => text));
  return fill(templates, 'Vagrantfile', {
    lab: lab.name,
    file: printable(lab.file),
    shared: byScope(shared),
    machines: lab.machines.map((machine) => ({
      name: machine.name,
      kind: machine.kind,
      ...byScope((settings.get(machine.name) ?? []).filter(({ text }) => !isShared.has(text))),
      networks: machine.interfaces.map((one) => ({
        name: `${lab.name}.${one.segment}`,
        mac: one.mac.replaceAll(':', ''),
        about: `${one.segment}: ${one.addresses.join(', ')}`,
      })),
      scripts: [...provisionsOf(machine), { path: setupPath(machine) }].map(({ path }) => rubyString(path)),
    })),
  });
}

const byScope = (settings: readonly Setting[]): Readonly<Record<Scope, readonly string[]>> => {
  const of = (scope: Scope) => settings.filter((one) => one.scope === scope).map(({ text }) => text);
  return { config: of('config'), virtualbox: of('virtualbox'), libvirt: of('libvirt') };
};

/** Settings that all machines share are written once. */
const sharedBy = ([first = [], ...others]: readonly (readonly Setting[])[]): Setting[] => {
  const texts = others.map((settings) => new Set(settings.map(({ text }) => text)));
  return first.filter(({ text }) => texts.every((one) => one.has(text)));
};

function settingsOf({ vagrant = {} }: Machine): Setting[] {
  const { box, memory, cpus } = { ...DEFAULTS, ...vagrant };
  return [
    { scope: 'config', key: 'box', text: `vm.box = ${rubyString(box)}` },
    // What is there for a provider alone, in the words of its plug-in, comes before what is there for both.
    ...(['virtualbox', 'libvirt'] as const).flatMap((scope) =>
      Object.entries({ memory, cpus, ...vagrant[scope] }).map(([key, value]) => set(scope, key, value)),
    ),
  ];
}

/** The box of a machine. */
export const boxOf = ({ vagrant }: Machine): string => vagrant?.box ?? DEFAULTS.box;

export type Provider = 'virtualbox' | 'libvirt';

/** The memory of a virtual machine, in MiB. */
export function memoryOf({ vagrant = {} }: Machine, provider: Provider): number {
  const own = Number(vagrant[provider]?.['memory']);
  return Number.isFinite(own) ? own : (vagrant.memory ?? DEFAULTS.memory);
}

/** The providers' own names; a key that Ruby would not take for one has been refused when the file was read. */
const SETTING = /^[a-z_][a-z0-9_]*$/;

function set(scope: 'virtualbox' | 'libvirt', key: string, value: unknown): Setting {
  if (!SETTING.test(key)) throw new RangeError(`not a setting of ${scope}: ${JSON.stringify(key)}`);
  return { scope, key, text: `${scope}.${key} = ${rubyLiteral(value)}` };
}
