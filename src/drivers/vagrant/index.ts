/** Virtual machines by Vagrant, each lab in a folder of its own. */
import { existsSync, writeFileSync } from 'node:fs';
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
import { forgetHost } from '../../transport/ssh/host-keys.js';
import { interactOver } from '../remote/interact.js';
import { readProvisions } from '../remote/provision.js';
import { guestOptions, guestScripts } from '../remote/scripts.js';
import { remoteSession } from '../remote/session.js';
import { progressOf, readStates, vagrant as run } from './cli.js';

type VagrantRuntime = { readonly folder: string };

/** vagrant up waits for SSH itself; this is for what happens in between. */
const PATIENCE = 240_000;
const ASK = 120_000;
/** For each machine, and so many more for the first. */
const BOOT = 120_000;
const FIRST_BOOT = 1_200_000;
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

const work = (folder: string): string => join(folder, 'vagrant');

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

async function make(lab: Lab, making: Making, save: () => void): Promise<void> {
  const { folder, baseDir, emit, signal } = making;
  const problems = probe();
  if (problems[0]) throw failure('driver-unavailable', problems[0].message, problems[0].fix);
  const provisions = readProvisions(lab, baseDir);
  writeFiles(work(folder), files(lab, baseDir));
  save();
  await boot(lab, making);
  const fleet = new Fleet(sshFiles(folder), { patience: PATIENCE, emit, signal });
  try {
    await applyLab({ scripts: guestScripts(lab), fleet, emit, provisions });
  } finally {
    await fleet.close();
  }
}

/** Starts what does not run; of what runs, vagrant is asked for nothing but its state. */
async function boot(lab: Lab, { folder, emit, signal }: Making): Promise<void> {
  const { config, knownHosts } = sshFiles(folder);
  const states = readStates(
    await run(work(folder), ['status', '--machine-readable'], { timeout: ASK, signal }),
  );
  const isUp = ({ name }: { name: string }): boolean => states.get(name) === 'running';
  if (lab.machines.every(isUp) && existsSync(config)) return;
  for (const { name } of lab.machines) if (states.get(name) === 'not_created') forgetHost(knownHosts, name);
  const booted = new Set(lab.machines.filter(isUp).map(({ name }) => name));
  await run(work(folder), ['up', '--no-provision'], {
    timeout: FIRST_BOOT + BOOT * lab.machines.length,
    signal,
    onLine: (line) => {
      const said = progressOf(line);
      if (!said) return;
      emit({ kind: 'machine', ...said });
      if (!said.text.includes('booted and ready')) return;
      booted.add(said.machine);
      emit({ kind: 'progress', phase: 'boot', done: booted.size, total: lab.machines.length });
    },
  });
  const text = await run(work(folder), ['ssh-config'], { timeout: ASK, signal });
  writeFileSync(config, text, { mode: 0o600 });
}

async function destroy(folder: string, emit: Emit = () => undefined): Promise<boolean> {
  if (!existsSync(join(work(folder), 'Vagrantfile'))) return false;
  // What was never made needs no vagrant to be taken away.
  if (!existsSync(join(work(folder), '.vagrant'))) return false;
  await run(work(folder), ['destroy', '--force'], {
    timeout: DESTROY,
    onLine: (line) => {
      const said = progressOf(line);
      if (said) emit({ kind: 'machine', ...said });
    },
  });
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
