/** Changes a running lab of real machines in place: one look at each machine, and one script where it is not as it is to be. */
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

/** What the drivers of real machines do about the machines themselves. */
export type Grounds = {
  /** Where in a lab's folder the machines' scripts are. */
  readonly home: (folder: string) => string;
  /** Whether a machine that cannot be reached can leave the lab all the same, as it is taken away whole. */
  readonly canVanish: boolean;
  /** @throws LabnetError lab-changed: what cannot be changed in machines that are there */
  readonly require: (site: AlterSite) => void;
  /** A way to machines as they are, to look at them. */
  readonly reach: (site: AlterSite) => Fleet;
  /**
   * Makes the machines that are not there.
   * @param begin to be called before anything is made or written
   */
  readonly prepare: (site: AlterSite, begin: () => void) => Promise<Prepared>;
  /** Writes down what `down` needs, before anything is changed in a machine. */
  readonly settle: (site: AlterSite) => Promise<void>;
  /** Takes away what there is of machines that have left the lab, whose networks are what they were before. */
  readonly dismiss: (names: readonly string[], site: AlterSite) => Promise<void>;
};

export function alterRemote(grounds: Grounds, folder: string, alter: Alter): Alteration {
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
      grounds.require(site);
      return inspect(site, grounds, use(grounds.reach(site)));
    },
    apply: async () => {
      grounds.require(site);
      const prepared = await grounds.prepare(site, begin);
      use(prepared.fleet);
      return apply(site, grounds, prepared, begin);
    },
    hasBegun: () => hasBegun,
    close: async () => {
      stopping.abort();
      await fleet?.close();
    },
  };
}

async function inspect(site: AlterSite, grounds: Grounds, fleet: Fleet): Promise<Change[]> {
  const { after, emit } = site;
  const options = { lab: after, scripts: guestScripts(after), fleet, emit, provisions: [], isPlan: true };
  const { there, failed } = await lookAhead(options);
  if (failed.length > 0) throw together(failed);
  return [...departed(site, grounds).map(departure), ...(await planThere(there))];
}

async function apply(
  site: AlterSite,
  grounds: Grounds,
  prepared: Prepared,
  begin: () => void,
): Promise<Change[]> {
  const { after, emit, folder, signal } = site;
  const options: ApplyOptions = { ...prepared, lab: after, scripts: guestScripts(after), emit };
  const { there, failed } = await lookAhead(options);
  if (failed.length > 0) throw together(failed);
  begin();
  const gone = departed(site, grounds);
  await grounds.settle(site);
  // What comes to their place may have their addresses.
  await leave(gone, site, grounds, prepared.fleet);
  signal.throwIfAborted();
  const changes = await applyThere(there, options);
  await grounds.dismiss(gone, site);
  for (const name of gone) {
    rmSync(join(grounds.home(folder), dirname(setupPath({ name }))), { recursive: true, force: true });
    forgetHost(sshFiles(folder).knownHosts, name);
  }
  return [...gone.map(departure), ...changes];
}

async function leave(
  gone: readonly string[],
  { folder, emit }: AlterSite,
  { home, canVanish }: Grounds,
  fleet: Fleet,
): Promise<void> {
  const setups = readSetups(home(folder));
  const own = new Map(gone.map((name) => [name, setups.get(name) ?? '']));
  if (!canVanish) return removeLab(own, fleet, emit);
  const brief = new Fleet(sshFiles(folder), { patience: 0 });
  try {
    await removeLab(own, brief, emit);
  } catch {
    // It does not run, or never did.
  } finally {
    await brief.close();
  }
}

/** By what they were handed: whatever stopped the change before this one, they are not missed. */
function departed({ folder, after }: { folder: string; after: Lab }, { home }: Grounds): string[] {
  const names = new Set(after.machines.map(({ name }) => name));
  return [...readSetups(home(folder)).keys()].filter((name) => !names.has(name));
}
