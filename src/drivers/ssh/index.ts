/** Machines that run already: bare metal, and other people's virtual machines. */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { diagnostic } from '../../core/diagnostic.js';
import type { Diagnostic } from '../../core/diagnostic.js';
import type { Emit } from '../../core/events.js';
import { badInput, failure } from '../../core/errors.js';
import { hasFields } from '../../core/shape.js';
import { findTool } from '../../sys/tools.js';
import type { Lab } from '../../model/lab.js';
import type { RenderedFile } from '../../render/scripts.js';
import type { Creation, Driver, DriverOptions, Runtime } from '../driver.js';
import { applyLab, removeLab } from '../remote/apply.js';
import { readSetups, setupFile, sshFiles, writeFiles } from '../remote/files.js';
import { Fleet } from '../remote/fleet.js';
import { interactOver } from '../remote/interact.js';
import { readProvisions } from '../remote/provision.js';
import { guestScripts } from '../remote/scripts.js';
import { remoteSession } from '../remote/session.js';

type SshRuntime = { readonly folder: string };

/** How long a machine that runs may take to answer: it may be just starting. */
const PATIENCE = 30_000;

const setupFiles = (lab: Lab): RenderedFile[] =>
  [...guestScripts(lab)].map(([machine, { text }]) => ({ path: setupFile(machine), text }));

export const ssh: Driver = {
  name: 'ssh',
  lasting: true,
  probe: () => Promise.resolve(probe()),
  leavesOut: () => [],
  render: setupFiles,
  begin,
  isRunning: (runtime) => existsSync(read(runtime).folder),
  connect: (_, runtime) =>
    Promise.resolve(remoteSession(new Fleet(sshFiles(read(runtime).folder), { patience: PATIENCE }))),
  interact: (_, runtime, machine, argv) => interactOver(sshFiles(read(runtime).folder), machine, argv),
  destroyLabelled: (label) => (existsSync(sshFiles(label).config) ? destroy(label) : Promise.resolve(false)),
  destroy: (runtime, emit) => destroy(read(runtime).folder, emit),
};

function probe(): Diagnostic[] {
  return findTool('ssh') === undefined
    ? [
        diagnostic('driver-unavailable', 'ssh is not installed', {
          fix: "install it: 'apt-get install openssh-client'",
        }),
      ]
    : [];
}

function begin(emit: Emit, { sshConfig }: DriverOptions): Creation {
  const stopping = new AbortController();
  let working: Promise<unknown> = Promise.resolve();
  const make = async (lab: Lab, folder: string, baseDir: string, save: () => void): Promise<void> => {
    const provisions = readProvisions(lab, baseDir);
    const files = sshFiles(folder);
    if (sshConfig !== undefined) copyConfig(sshConfig, files.config);
    else if (!existsSync(files.config)) throw noConfig();
    const scripts = guestScripts(lab);
    writeFiles(folder, setupFiles(lab));
    save();
    const fleet = new Fleet(files, { patience: PATIENCE, emit, signal: stopping.signal });
    try {
      await applyLab({ scripts, fleet, emit, provisions });
    } finally {
      await fleet.close();
    }
  };
  return {
    create: async (lab, _, { label, baseDir, save }) => {
      const runtime: SshRuntime = { folder: label };
      const making = make(lab, label, baseDir, () => save(runtime));
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

function copyConfig(from: string, to: string): void {
  try {
    readFileSync(from);
  } catch {
    throw badInput('ssh-config', `${from} cannot be read`, 'name a file of ssh_config(5) with --ssh-config');
  }
  copyFileSync(from, to);
}

const noConfig = (): Error =>
  badInput(
    'ssh-config',
    'the ssh driver needs to know where the machines are',
    "--ssh-config FILE: ssh_config(5) with a block 'Host NAME' for each machine",
  );

async function destroy(folder: string, emit: Emit = () => undefined): Promise<boolean> {
  if (!existsSync(sshFiles(folder).config)) return false;
  const fleet = new Fleet(sshFiles(folder), { patience: PATIENCE, emit });
  try {
    await removeLab(readSetups(folder), fleet, emit);
  } finally {
    await fleet.close();
  }
  return true;
}

function read(runtime: Runtime): SshRuntime {
  if (hasFields(runtime, { folder: 'string' })) return runtime as SshRuntime;
  throw failure(
    'state-unreadable',
    'the record of the lab does not say where its files are',
    "take it down: 'labnet down NAME'",
  );
}
