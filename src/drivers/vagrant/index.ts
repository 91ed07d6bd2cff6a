/** Virtual machines by Vagrant, each lab in a folder of its own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diagnostic } from '../../core/diagnostic.js';
import type { Diagnostic } from '../../core/diagnostic.js';
import type { Emit } from '../../core/events.js';
import { failure } from '../../core/errors.js';
import { hasFields } from '../../core/shape.js';
import type { Lab } from '../../model/lab.js';
import { readGuestTools } from '../../transport/assets.js';
import type { RenderedFile } from '../../render/scripts.js';
import { renderVagrant } from '../../render/vagrant.js';
import { findTool } from '../../sys/tools.js';
import type { Creation, Driver, Runtime } from '../driver.js';
import { applyLab } from '../remote/apply.js';
import { sshFiles, writeFiles } from '../remote/files.js';
import { Fleet } from '../remote/fleet.js';
import { interactOver } from '../remote/interact.js';
import { readProvisions } from '../remote/provision.js';
import { guestOptions, guestScripts } from '../remote/scripts.js';
import { remoteSession } from '../remote/session.js';
import { boot, isWhole, refuseForeign, workIn } from './boot.js';
import { progressOf, vagrant as run } from './cli.js';
import type { LibvirtNames } from './libvirt.js';
import { namesOf, sweep } from './libvirt.js';

type VagrantRuntime = { readonly folder: string };

/** vagrant up waits for SSH itself; this is for what happens in between. */
const PATIENCE = 240_000;
const DESTROY = 600_000;

const files = (lab: Lab, baseDir: string): RenderedFile[] => [
  ...renderVagrant(lab, readGuestTools(), guestOptions()),
  ...readProvisions(lab, baseDir).map(({ path, text }) => ({ path, text })),
];

export const vagrant: Driver = {
  name: 'vagrant',
  lasting: true,
  probe: () => Promise.resolve(probe()),
  leavesOut: () => [],
  render: files,
  begin,
  isRunning: (runtime) => existsSync(read(runtime).folder),
  connect: (_, runtime) =>
    Promise.resolve(remoteSession(new Fleet(sshFiles(read(runtime).folder), { patience: PATIENCE }))),
  interact: (_, runtime, machine, argv) => interactOver(sshFiles(read(runtime).folder), machine, argv),
  destroyLabelled: (label) => destroy(label),
  destroy: (runtime, emit) => destroy(read(runtime).folder, emit),
};

function probe(): Diagnostic[] {
  const missing = ['vagrant', 'ssh'].filter((tool) => findTool(tool) === undefined);
  if (missing.length > 0)
    return [
      diagnostic('driver-unavailable', `${missing.join(' and ')} not installed`, {
        fix: "for QEMU by libvirt: 'sh provisioners/host/vm.sh' as root; or install Vagrant and VirtualBox",
      }),
    ];
  return [];
}

/** In the lab's folder: what of it libvirt may have. */
const NAMES = 'libvirt.json';

function begin(emit: Emit): Creation {
  const stopping = new AbortController();
  let working: Promise<unknown> = Promise.resolve();
  return {
    create: async (lab, _, { label, baseDir, save }) => {
      const runtime: VagrantRuntime = { folder: label };
      const making = make(lab, { folder: label, baseDir, emit, signal: stopping.signal }, () =>
        save(runtime),
      );
      working = making.catch(() => undefined);
      await making;
      return runtime;
    },
    commit: () => Promise.resolve(),
    abort: async () => {
      stopping.abort();
      await working;
    },
  };
}

type Making = {
  readonly folder: string;
  readonly baseDir: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
};

/** As the Vagrantfile does it for those who run vagrant by hand. */
const hostname = (machine: string): string => `hostname ${machine} && echo ${machine} >/etc/hostname`;

async function make(lab: Lab, making: Making, save: () => void): Promise<void> {
  const { folder, baseDir, emit } = making;
  const problems = probe();
  if (problems[0]) throw failure('driver-unavailable', problems[0].message, problems[0].fix);
  const provisions = readProvisions(lab, baseDir);
  if (!existsSync(join(folder, NAMES))) await refuseForeign(lab);
  writeFiles(workIn(folder), files(lab, baseDir));
  writeFileSync(join(folder, NAMES), JSON.stringify(namesOf(lab)));
  save();
  const fleet = (await answering(lab, making)) ?? (await booted(lab, making));
  try {
    await applyLab({ scripts: guestScripts(lab), fleet, emit, provisions, prelude: hostname });
  } finally {
    await fleet.close();
  }
}

/** Where every machine answers at once there is nothing to ask vagrant, which takes seconds to say so. */
async function answering(lab: Lab, { folder, emit, signal }: Making): Promise<Fleet | undefined> {
  if (!isWhole(lab, folder)) return undefined;
  const fleet = new Fleet(sshFiles(folder), { patience: 0, emit, signal });
  const answers = await Promise.allSettled(lab.machines.map(({ name }) => fleet.to(name)));
  if (answers.every(({ status }) => status === 'fulfilled')) return fleet;
  await fleet.close();
  return undefined;
}

async function booted(lab: Lab, making: Making): Promise<Fleet> {
  await boot(lab, making);
  const { folder, emit, signal } = making;
  return new Fleet(sshFiles(folder), { patience: PATIENCE, emit, signal });
}

async function destroy(folder: string, emit: Emit = () => undefined): Promise<boolean> {
  if (!existsSync(join(workIn(folder), 'Vagrantfile'))) return false;
  // What vagrant never got to know needs no vagrant to be taken away.
  if (existsSync(join(workIn(folder), '.vagrant')))
    await run(workIn(folder), ['destroy', '--force'], {
      timeout: DESTROY,
      onLine: (line) => {
        const said = progressOf(line);
        if (said) emit({ kind: 'machine', ...said });
      },
    });
  const names = join(folder, NAMES);
  if (existsSync(names)) await sweep(JSON.parse(readFileSync(names, 'utf8')) as LibvirtNames);
  return true;
}

function read(runtime: Runtime): VagrantRuntime {
  if (hasFields(runtime, { folder: 'string' })) return runtime as VagrantRuntime;
  throw failure(
    'state-unreadable',
    'the record of the lab does not say where its files are',
    "take it down: 'labnet down NAME'",
  );
}
