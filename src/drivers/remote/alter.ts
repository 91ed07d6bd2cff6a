/** Changes a running lab of real machines in place: inspects each machine, and sends a script to those that differ. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failure, together } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import type { Change } from '../../plan/diff.js';
import { setupPath } from '../../render/vagrant.js';
import { forgetHost } from '../../transport/ssh/host-keys.js';
import type { Alter, Alteration } from '../driver.js';
import type { ApplyOptions } from './apply.js';
import { applyThere, lookAhead, planThere, removeLab } from './apply.js';
import { readSetups, sshFiles } from './files.js';
import { Fleet } from './fleet.js';
import { departure } from './guest-changes.js';
import { guestScripts } from './scripts.js';

export type AlterSite = Omit<Alter, 'plan'> & {
  /** The lab's. */
  readonly folder: string;
  readonly signal: AbortSignal;
};

type Prepared = Omit<ApplyOptions, 'lab' | 'scripts' | 'emit'>;

/** Where a driver's machines come from: it makes, reaches and removes them. */
export type MachineSource = {
  /** The folder of the machines' scripts, in the lab's folder. */
  readonly home: (folder: string) => string;
  /** Whether an unreachable machine can leave the lab, as it is destroyed anyway. */
  readonly canVanish: boolean;
  /** @throws LabnetError lab-changed for changes that existing machines cannot have */
  readonly require: (site: AlterSite) => void;
  /** Connections to the machines as they are now, to inspect them. */
  readonly reach: (site: AlterSite) => Fleet;
  /**
   * Makes missing machines.
   * @param begin called before anything is made or written
   */
  readonly prepare: (site: AlterSite, begin: () => void) => Promise<Prepared>;
  /** Saves what `down` needs, before anything is changed in a machine. */
  readonly settle: (site: AlterSite) => Promise<void>;
  /** Removes machines that have left the lab, after their networks were restored. */
  readonly dismiss: (names: readonly string[], site: AlterSite) => Promise<void>;
};

export function alterRemote(source: MachineSource, folder: string, alter: Alter): Alteration {
  const stopping = new AbortController();
  const { signal } = stopping;
  const site: AlterSite = { ...alter, folder, signal };
  let hasBegun = false;
  const begin = (): void => void (hasBegun = true);
  let fleet: Fleet | undefined;
  const use = (way: Fleet): Fleet => {
    fleet = way;
    if (signal.aborted) throw failure('interrupted', 'stopped before it was done');
    return way;
  };
  return {
    inspect: async () => {
      source.require(site);
      return inspect(site, source, use(source.reach(site)));
    },
    apply: async () => {
      source.require(site);
      const prepared = await source.prepare(site, begin);
      use(prepared.fleet);
      return apply(site, source, prepared, begin);
    },
    hasBegun: () => hasBegun,
    close: async () => {
      stopping.abort();
      await fleet?.close();
    },
  };
}

async function inspect(site: AlterSite, source: MachineSource, fleet: Fleet): Promise<Change[]> {
  const { after, emit } = site;
  const options = { lab: after, scripts: guestScripts(after), fleet, emit, provisions: [], isPlan: true };
  const { there, failed } = await lookAhead(options);
  if (failed.length > 0) throw together(failed);
  return [...departed(site, source).map(departure), ...(await planThere(there))];
}

async function apply(
  site: AlterSite,
  source: MachineSource,
  prepared: Prepared,
  begin: () => void,
): Promise<Change[]> {
  const { after, emit, folder, signal } = site;
  const options: ApplyOptions = { ...prepared, lab: after, scripts: guestScripts(after), emit };
  const { there, failed } = await lookAhead(options);
  if (failed.length > 0) throw together(failed);
  begin();
  const gone = departed(site, source);
  await source.settle(site);
  // Removed first, as new machines may have their addresses.
  await leave(gone, site, source, prepared.fleet);
  signal.throwIfAborted();
  const changes = await applyThere(there, options);
  await source.dismiss(gone, site);
  for (const name of gone) {
    rmSync(join(source.home(folder), dirname(setupPath({ name }))), { recursive: true, force: true });
    forgetHost(sshFiles(folder).knownHosts, name);
  }
  return [...gone.map(departure), ...changes];
}

async function leave(
  gone: readonly string[],
  { folder, emit }: AlterSite,
  { home, canVanish }: MachineSource,
  fleet: Fleet,
): Promise<void> {
  const setups = readSetups(home(folder));
  const own = new Map(gone.map((name) => [name, setups.get(name) ?? '']));
  if (!canVanish) return removeLab(own, fleet, emit);
  const brief = new Fleet(sshFiles(folder), { patience: 0 });
  try {
    await removeLab(own, brief, emit);
  } catch {
    // The machine does not run, or never did.
  } finally {
    await brief.close();
  }
}

/** Found by their scripts in the lab's folder, so that none is missed after an interrupted change. */
function departed({ folder, after }: { folder: string; after: Lab }, { home }: MachineSource): string[] {
  const names = new Set(after.machines.map(({ name }) => name));
  return [...readSetups(home(folder)).keys()].filter((name) => !names.has(name));
}
