/** Destroys machines that have left the lab: its Vagrantfile does not know them any more. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../model/lab.js';
import type { Boot } from './boot.js';
import { Booted, workIn } from './boot.js';
import { progressOf, vagrant } from './cli.js';
import type { LibvirtNames } from './libvirt.js';
import { namesOf, namesOfMachines, sweep } from './libvirt.js';

const DESTROY = 600_000;
/** In vagrant's folder of the lab, beside the lab's own: enough for vagrant to find machines by their names. */
const FILE = 'Vagrantfile.gone';

/** @param names what of the lab libvirt may have */
export async function dismiss(
  gone: readonly string[],
  after: Lab,
  names: LibvirtNames,
  { folder, emit, signal }: Boot,
): Promise<void> {
  const work = workIn(folder);
  const made = (name: string): string => join(work, '.vagrant', 'machines', name);
  const known = gone.filter((name) => existsSync(made(name)));
  if (known.length > 0) {
    writeFileSync(join(work, FILE), vagrantfile(known));
    await vagrant(work, ['destroy', '--force', ...known], {
      timeout: DESTROY,
      file: FILE,
      signal,
      onLine: (line) => {
        const said = progressOf(line);
        if (said) emit({ kind: 'machine', ...said });
      },
    });
    rmSync(join(work, FILE));
    for (const name of known) rmSync(made(name), { recursive: true, force: true });
  }
  new Booted(folder).drop(gone);
  // What vagrant was killed over, and networks that nobody is on any more.
  const wanted = new Set(namesOf(after).networks);
  await sweep({
    ...namesOfMachines(after.name, gone),
    networks: names.networks.filter((name) => !wanted.has(name)),
  });
}

const vagrantfile = (names: readonly string[]): string =>
  ["Vagrant.configure('2') do |config|", "  config.vm.box = 'gone'", ...names.map((name) => `  config.vm.define '${name}'`), 'end', ''].join('\n');
