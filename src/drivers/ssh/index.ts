/** Machines that run already: bare metal, and other people's virtual machines. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import type { Emit } from '../../core/events.js';
import { badInput } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import type { GuestScript } from '../../render/guest.js';
import type { RenderedFile } from '../../render/scripts.js';
import { inParts } from '../../render/scripts.js';
import { setupPath } from '../../render/vagrant.js';
import { writeDurably } from '../../sys/durable.js';
import { findTool } from '../../sys/tools.js';
import { writeFiles } from '../../transport/files.js';
import { applyLab, removeLab } from '../remote/apply.js';
import type { AlterSite } from '../remote/alter.js';
import type { Making } from '../remote/driver.js';
import { remoteDriver } from '../remote/driver.js';
import { readSetups, sshFiles } from '../remote/files.js';
import { Fleet } from '../remote/fleet.js';
import { readProvisions } from '../remote/provision.js';
import { chosen, guestScripts } from '../remote/scripts.js';

/** How long a machine that runs may take to answer, as it may be just starting; LABNET_SSH_WAIT has it in seconds. */
const patience = (): number => {
  const seconds = Number(process.env['LABNET_SSH_WAIT'] ?? DEFAULT_WAIT);
  return (seconds >= 0 ? seconds : DEFAULT_WAIT) * 1000;
};
const DEFAULT_WAIT = 30;

export const ssh = remoteDriver({
  name: 'ssh',
  patience,
  probe,
  render: (lab) => setupFiles(guestScripts(lab)),
  make,
  source: {
    home: (folder) => folder,
    canVanish: false,
    require: () => undefined,
    reach: (site) => fleetTo(site),
    prepare: (site) =>
      Promise.resolve({ fleet: fleetTo(site), provisions: readProvisions(site.after, site.baseDir) }),
    settle,
    dismiss: (_, { folder }) => {
      rmSync(sshFiles(folder).configBefore, { force: true });
      return Promise.resolve();
    },
  },
  destroy,
});

/** By the configuration that is given, and the lab's own for machines that it does not name. */
function fleetTo({ folder, options: { sshConfig }, emit, signal }: AlterSite): Fleet {
  const files = sshFiles(folder);
  const given = sshConfig === undefined ? files : { ...files, config: sshConfig, configBefore: files.config };
  return new Fleet(given, { patience: patience(), emit, signal });
}

async function settle({ folder, after, options: { sshConfig } }: AlterSite): Promise<void> {
  const { config, configBefore } = sshFiles(folder);
  if (sshConfig !== undefined) {
    if (!existsSync(configBefore) && existsSync(config)) renameSync(config, configBefore);
    copyConfig(sshConfig, config);
  }
  await writeFiles(folder, setupFiles(guestScripts(after)), true);
}

function setupFiles(scripts: ReadonlyMap<string, GuestScript>): RenderedFile[] {
  return [...scripts].map(([name, { parts }]) => inParts(setupPath({ name }), () => parts));
}

function probe(): Diagnostic[] {
  if (findTool('ssh') !== undefined) return [];
  const fix = "install it: 'apt-get install openssh-client'";
  return [diagnostic('driver-unavailable', 'ssh is not installed', { fix })];
}

async function make(lab: Lab, { folder, baseDir, only, options, emit, signal, save }: Making): Promise<void> {
  const provisions = readProvisions(lab, baseDir);
  const files = sshFiles(folder);
  if (options.sshConfig !== undefined) copyConfig(options.sshConfig, files.config);
  else if (!existsSync(files.config)) throw noConfig();
  const scripts = guestScripts(lab);
  // What 'down' needs is on the disk before a machine is touched.
  await writeFiles(folder, setupFiles(scripts), true);
  save();
  const fleet = new Fleet(files, { patience: patience(), emit, signal });
  try {
    await applyLab({ lab, scripts: chosen(scripts, only), fleet, emit, provisions });
  } finally {
    await fleet.close();
  }
}

function copyConfig(from: string, to: string): void {
  writeDurably(to, readConfig(from));
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw badInput('ssh-config', `${path} cannot be read`, 'name a file of ssh_config(5) with --ssh-config');
  }
}

const noConfig = (): Error =>
  badInput(
    'ssh-config',
    'the ssh driver needs to know where the machines are',
    "--ssh-config FILE: ssh_config(5) with a block 'Host NAME' for each machine",
  );

async function destroy(folder: string, emit: Emit): Promise<boolean> {
  if (!existsSync(sshFiles(folder).config)) return false;
  const fleet = new Fleet(sshFiles(folder), { patience: patience(), emit });
  try {
    await removeLab(readSetups(folder), fleet, emit);
  } finally {
    await fleet.close();
  }
  return true;
}
