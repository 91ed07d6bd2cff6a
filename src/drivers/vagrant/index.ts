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
import type { AlterSite } from '../remote/alter.js';
import type { ApplyOptions } from '../remote/apply.js';
import { applyLab } from '../remote/apply.js';
import type { Making } from '../remote/driver.js';
import { remoteDriver } from '../remote/driver.js';
import { sshFiles } from '../remote/files.js';
import { Fleet } from '../remote/fleet.js';
import type { Provision } from '../remote/provision.js';
import { readProvisions } from '../remote/provision.js';
import { chosen, guestOptions, guestScripts } from '../remote/scripts.js';
import { requireInPlace } from './alter.js';
import type { Boot } from './boot.js';
import { boot, isWhole, refuseForeign, workIn } from './boot.js';
import { progressOf, vagrant as run } from './cli.js';
import { dismiss } from './dismiss.js';
import type { LibvirtNames } from './libvirt.js';
import { allNames, namesOf, NO_NAMES, sweep } from './libvirt.js';
import { roomFor } from './room.js';

/** vagrant says that a machine is up before it answers, where it was up before; and a reboot takes its time. */
const PATIENCE = 240_000;
const DESTROY = 600_000;

export const vagrant = remoteDriver({
  name: 'vagrant',
  patience: () => PATIENCE,
  probe,
  render: (lab, baseDir) => files(lab, readProvisions(lab, baseDir)),
  room: roomFor,
  make,
  source: {
    home: workIn,
    canVanish: true,
    require: requireInPlace,
    reach: ({ folder, emit, signal }) => new Fleet(sshFiles(folder), { patience: 0, emit, signal }),
    prepare,
    settle: () => Promise.resolve(),
    dismiss: async (gone, { folder, after, emit, signal }) => {
      const names = readNames(folder);
      const isLess = namesOf(after).networks.length < names.networks.length;
      if (gone.length > 0 || isLess) await dismiss(gone, after, names, { folder, emit, signal });
      writeDurably(join(folder, NAMES), JSON.stringify(namesOf(after)));
    },
  },
  destroy,
});

/** Boots what is new or off. Of machines that have left the lab enough is kept to take them away. */
async function prepare(
  { before, after, baseDir, folder, emit, signal }: AlterSite,
  begin: () => void,
): Promise<Pick<ApplyOptions, 'fleet' | 'provisions' | 'prelude'>> {
  const problems = probe();
  if (problems.length > 0) throw new LabnetError(problems);
  const provisions = readProvisions(after, baseDir);
  await refuseForeign(after, before);
  begin();
  const known = readNames(folder);
  await writeFiles(workIn(folder), files(after, provisions), true);
  writeDurably(join(folder, NAMES), JSON.stringify(allNames([known, namesOf(before), namesOf(after)])));
  const site = { folder, emit, signal };
  const fleet = (await answering(after, site)) ?? (await booted(after, site));
  return { fleet, provisions, prelude: hostname };
}

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

const readNames = (folder: string): LibvirtNames => {
  const path = join(folder, NAMES);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as LibvirtNames) : NO_NAMES;
};

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
    await applyLab({ lab, scripts, fleet, emit, provisions, prelude: hostname });
  } finally {
    await fleet.close();
  }
}

type Answering = Boot & Partial<Pick<Making, 'only'>>;

/** Where every machine that is meant answers at once there is nothing to ask vagrant, which takes seconds to say so. */
async function answering(lab: Lab, { folder, only, emit, signal }: Answering): Promise<Fleet | undefined> {
  if (!isWhole(lab, folder)) return undefined;
  const fleet = new Fleet(sshFiles(folder), { patience: 0, emit, signal });
  const names = only ?? lab.machines.map(({ name }) => name);
  const answers = await Promise.allSettled(names.map((name) => fleet.to(name)));
  if (answers.every(({ status }) => status === 'fulfilled')) return fleet;
  await fleet.close();
  return undefined;
}

async function booted(lab: Lab, { folder, emit, signal }: Boot): Promise<Fleet> {
  await boot(lab, { folder, emit, signal });
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
  await sweep(readNames(folder));
  return true;
}
