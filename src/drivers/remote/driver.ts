/** What the drivers of real machines have in common: everything but where the machines come from. */
import { existsSync, rmSync } from 'node:fs';
import type { Diagnostic } from '../../core/diagnostic.js';
import type { Emit } from '../../core/events.js';
import { failure } from '../../core/errors.js';
import { hasFields } from '../../core/shape.js';
import type { Lab } from '../../model/lab.js';
import type { RenderedFile } from '../../render/scripts.js';
import type { Creation, Driver, DriverOptions, Runtime } from '../driver.js';
import type { MachineSource } from './alter.js';
import { alterRemote } from './alter.js';
import { sshFiles } from './files.js';
import { Fleet } from './fleet.js';
import { commandOver, interactOver } from './interact.js';
import { remoteSession } from './session.js';

type RemoteRuntime = { readonly folder: string };

/** One attempt to make a lab, or to finish or make sure of one. */
export type Making = {
  /** The lab's, where all that it needs again is kept. */
  readonly folder: string;
  /** Of the topology file. */
  readonly baseDir: string;
  /** What is to be set up of it, by machine; all where it is left out. */
  readonly only: readonly string[] | undefined;
  readonly options: DriverOptions;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** To be called before anything is made that has to go again. */
  readonly save: () => void;
};

export type RemoteDriver = {
  readonly name: string;
  /** How long a machine may keep a session waiting; milliseconds. */
  readonly patience: () => number;
  readonly probe: () => Diagnostic[];
  readonly render: (lab: Lab, baseDir: string) => readonly RenderedFile[];
  /** As the contract of drivers has it. */
  readonly room?: (lab: Lab) => readonly Diagnostic[];
  readonly make: (lab: Lab, making: Making) => Promise<void>;
  readonly source: MachineSource;
  /** By the lab's folder alone; false where nothing of it is known there. */
  readonly destroy: (folder: string, emit: Emit) => Promise<boolean>;
};

export const remoteDriver = ({
  name,
  patience,
  probe,
  render,
  room = () => [],
  make,
  source,
  destroy,
}: RemoteDriver): Driver => ({
  name,
  lasting: true,
  probe: () => Promise.resolve(probe()),
  leavesOut: () => [],
  render,
  room,
  begin: (emit, options) => begin(make, emit, options),
  isRunning: (runtime) => existsSync(folderOf(runtime)),
  connect: (_, runtime) =>
    Promise.resolve(remoteSession(new Fleet(sshFiles(folderOf(runtime)), { patience: patience() }))),
  alter: (runtime, request) => Promise.resolve(alterRemote(source, folderOf(runtime), request)),
  interact: (_, runtime, machine, argv) => interactOver(sshFiles(folderOf(runtime)), machine, argv),
  enter: (_, runtime, machine, argv) => commandOver(sshFiles(folderOf(runtime)), machine, argv),
  destroyLabelled: (label) => destroyWhole(destroy, label, () => undefined),
  destroy: (runtime, emit) => destroyWhole(destroy, folderOf(runtime), emit),
});

/** The lab's folder is what tells that there is one. */
async function destroyWhole(destroy: RemoteDriver['destroy'], folder: string, emit: Emit): Promise<boolean> {
  const found = await destroy(folder, emit);
  if (found) rmSync(folder, { recursive: true, force: true });
  return found;
}

function begin(make: RemoteDriver['make'], emit: Emit, options: DriverOptions): Creation {
  const stopping = new AbortController();
  let working: Promise<unknown> = Promise.resolve();
  return {
    create: async (lab, _, { label, baseDir, only, save }) => {
      const runtime: RemoteRuntime = { folder: label };
      const { signal } = stopping;
      if (signal.aborted) throw failure('interrupted', 'stopped before it began');
      const site = { folder: label, baseDir, only, save: () => save(runtime) };
      const making = make(lab, { ...site, options, emit, signal });
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

function folderOf(runtime: Runtime): string {
  if (hasFields(runtime, { folder: 'string' })) return runtime.folder as string;
  throw failure(
    'state-unreadable',
    'the record of the lab does not say where its files are',
    "take it down: 'labnet down NAME'",
  );
}
