/** Whether the virtual machines of a lab fit on this computer. */
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import type { Lab } from '../../model/lab.js';
import { count } from '../../core/text.js';
import type { Provider } from '../../render/vagrant.js';
import { memoryOf } from '../../render/vagrant.js';
import type { Memory } from '../../sys/limits.js';
import { readMemory } from '../../sys/limits.js';
import { findTool } from '../../sys/tools.js';

const MIB = 1024 * 1024;

/** The first is Vagrant's own; more than these need another chipset (VirtualBox manual, "Introduction to networking modes"). */
const VIRTUALBOX_CARDS = 8;

export const roomFor = (lab: Lab): Diagnostic[] => {
  const memory = readMemory();
  const provider = providerHere();
  return [
    ...(memory ? judgeMemory(lab, memory, provider) : []),
    ...(provider === 'virtualbox' ? judgeCards(lab) : []),
  ];
};

/** The one that Vagrant will pick: as it is told, and VirtualBox where that is there. */
function providerHere(): Provider {
  const told = process.env['VAGRANT_DEFAULT_PROVIDER'];
  if (told === 'virtualbox' || told === 'libvirt') return told;
  return findTool('VBoxManage') === undefined ? 'libvirt' : 'virtualbox';
}

/** More than there is can never run; more than is free may, while machines use less than they were given. */
export function judgeMemory(lab: Lab, { total, available }: Memory, provider: Provider): Diagnostic[] {
  const needed = lab.machines.reduce((sum, machine) => sum + memoryOf(machine, provider), 0);
  const many = `${lab.name} needs ${needed} MiB of memory for ${count(lab.machines.length, 'virtual machine')}`;
  const fix = "lower 'memory' below 'vagrant:', or run the lab on namespaces (--driver netns)";
  const [has, free] = [Math.floor(total / MIB), Math.floor(available / MIB)];
  if (needed > has) return [diagnostic('no-room', `${many}, and this computer has ${has} MiB`, { fix })];
  if (needed > free)
    return [
      diagnostic('little-room', `${many}, and ${free} MiB of ${has} MiB are left (MemAvailable)`, { fix }),
    ];
  return [];
}

export function judgeCards({ machines }: Lab): Diagnostic[] {
  return machines
    .filter(({ interfaces }) => interfaces.length >= VIRTUALBOX_CARDS)
    .map(({ name, interfaces }) =>
      diagnostic(
        'no-room',
        `${name} needs ${interfaces.length + 1} network cards, of which one is Vagrant's; VirtualBox gives a machine ${VIRTUALBOX_CARDS}`,
        { fix: 'fewer segments at this machine, or libvirt: VAGRANT_DEFAULT_PROVIDER=libvirt' },
      ),
    );
}
