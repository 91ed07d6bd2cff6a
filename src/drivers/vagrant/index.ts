/** Virtual machines by Vagrant, each lab in a folder of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import type { Emit } from '../../core/events.js';
import { LabnetError } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import type { RenderedFile } from '../../render/scripts.js';
import { renderVagrant } from '../../render/vagrant.js';
import { writeDurably } from '../../sys/durable.js';
import { findTool } from '../../sys/tools.js';
import { readGuestTools } from '../../transport/assets.js';
import { writeFiles } from '../../transport/files.js';
import { applyLab } from '../remote/apply.js';
import type { Making } from '../remote/driver.js';
import { remoteDriver } from '../remote/driver.js';
import { sshFiles } from '../remote/files.js';
import { Fleet } from '../remote/fleet.js';
import type { Provision } from '../remote/provision.js';
import { readProvisions } from '../remote/provision.js';
import { chosen, guestOptions, guestScripts } from '../remote/scripts.js';
import { boot, isWhole, refuseForeign, workIn } from './boot.js';
import { progressOf, vagrant as run } from './cli.js';
import type { LibvirtNames } from './libvirt.js';
import { namesOf, sweep } from './libvirt.js';

/** vagrant says that a machine is up before it answers, where it was up before; and a reboot takes its time. */
const PATIENCE = 240_000;
const DESTROY = 600_000;

export const vagrant = remoteDriver({
  name: 'vagrant',
  patience: () => PATIENCE,
  probe,
  render: (lab, baseDir) => files(lab, readProvisions(lab, baseDir)),
  make,
  destroy,
});

function files(lab: Lab, provisions: readonly Provision[]): RenderedFile[] {
  const scripts = provisions.map(({ path, text }) => ({ path, text }));
  return [...renderVagrant(lab, readGuestTools(), guestOptions()), ...scripts];
}

function probe(): Diagnostic[] {
  const missing = ['vagrant', 'ssh'].filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0) return [];
  const fix = "for QEMU by libvirt: 'sh provisioners/host/vm.sh' as root; or install Vagrant and VirtualBox";
  return [diagnostic('driver-unavailable', `not installed: ${missing.join(', ')}`, { fix })];
}

/** In the lab's folder: what of it libvirt may have. */
const NAMES = 'libvirt.json';

/** As the Vagrantfile does it for those who run vagrant by hand. */
const hostname = (machine: string): string => `hostname ${machine} && echo ${machine} >/etc/hostname`;

async function make(lab: Lab, making: Making): Promise<void> {
  const { folder, baseDir, only, emit, save } = making;
  const problems = probe();
  if (problems.length > 0) throw new LabnetError(problems);
  const provisions = readProvisions(lab, baseDir);
  if (!existsSync(join(folder, NAMES))) await refuseForeign(lab);
  await writeFiles(workIn(folder), files(lab, provisions), true);
  writeDurably(join(folder, NAMES), JSON.stringify(namesOf(lab)));
  save();
  const fleet = (await answering(lab, making)) ?? (await booted(lab, making));
  try {
    const scripts = chosen(guestScripts(lab), only);
    await applyLab({ scripts, fleet, emit, provisions, prelude: hostname });
  } finally {
    await fleet.close();
  }
}

/** Where every machine that is meant answers at once there is nothing to ask vagrant, which takes seconds to say so. */
async function answering(lab: Lab, { folder, only, emit, signal }: Making): Promise<Fleet | undefined> {
  if (!isWhole(lab, folder)) return undefined;
  const fleet = new Fleet(sshFiles(folder), { patience: 0, emit, signal });
  const names = only ?? lab.machines.map(({ name }) => name);
  const answers = await Promise.allSettled(names.map((name) => fleet.to(name)));
  if (answers.every(({ status }) => status === 'fulfilled')) return fleet;
  await fleet.close();
  return undefined;
}

async function booted(lab: Lab, making: Making): Promise<Fleet> {
  await boot(lab, making);
  const { folder, emit, signal } = making;
  return new Fleet(sshFiles(folder), { patience: PATIENCE, emit, signal });
}

async function destroy(folder: string, emit: Emit): Promise<boolean> {
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
