/**
 * What vagrant leaves in libvirt when it is killed in the middle, and then neither goes on with nor removes: domains it
 * has not noted yet, volumes without a domain, networks nobody is on. Their names are the lab's; see Vagrantfile.tmpl.
 */
import type { Lab } from '../../model/lab.js';
import { findTool } from '../../sys/tools.js';
import { runLines } from '../../transport/lines.js';

export type LibvirtNames = {
  readonly domains: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
};

export const NO_NAMES: LibvirtNames = { domains: [], volumes: [], networks: [] };

/** Of several labs, each once. */
export const allNames = (labs: readonly LibvirtNames[]): LibvirtNames => ({
  domains: [...new Set(labs.flatMap(({ domains }) => domains))],
  volumes: [...new Set(labs.flatMap(({ volumes }) => volumes))],
  networks: [...new Set(labs.flatMap(({ networks }) => networks))],
});

const ASK = 60_000;

const domainOf = (lab: string, machine: string): string => `${lab}_${machine}`;

/** Kept with the lab, so that it can be taken down without its topology. */
export const namesOf = ({ name, machines, segments }: Lab): LibvirtNames => ({
  domains: machines.map((machine) => domainOf(name, machine.name)),
  volumes: machines.map((machine) => `${domainOf(name, machine.name)}.img`),
  networks: segments.map((segment) => `${name}.${segment.name}`),
});

/** Of some machines only; networks are shared. */
export const namesOfMachines = (lab: string, machines: readonly string[]): LibvirtNames => ({
  domains: machines.map((machine) => domainOf(lab, machine)),
  volumes: machines.map((machine) => `${domainOf(lab, machine)}.img`),
  networks: [],
});

/** Which of these libvirt has; none where there is no libvirt here. */
export async function present(names: LibvirtNames): Promise<LibvirtNames> {
  const [domains, volumes, networks] = await Promise.all([
    listed(['list', '--all', '--name']),
    listed(['vol-list', POOL]),
    listed(['net-list', '--all', '--name']),
  ]);
  return {
    domains: names.domains.filter((name) => domains.has(name)),
    volumes: names.volumes.filter((name) => volumes.has(name)),
    networks: names.networks.filter((name) => networks.has(name)),
  };
}

/** Removes what is there of them. */
export async function sweep(names: LibvirtNames): Promise<void> {
  const { domains, volumes, networks } = await present(names);
  for (const name of domains) {
    // It may not be running: then only the second has something to do.
    await virsh(['destroy', name]);
    await virsh(['undefine', name]);
  }
  for (const name of volumes) await virsh(['vol-delete', '--pool', POOL, name]);
  for (const name of networks) {
    await virsh(['net-destroy', name]);
    await virsh(['net-undefine', name]);
  }
}

/** vagrant-libvirt's default, as qemu:///system is. */
const POOL = 'default';

async function listed(args: readonly string[]): Promise<ReadonlySet<string>> {
  const { exitCode, stdout } = await virsh(args);
  const first = (line: string): string => line.trim().split(/\s+/)[0] ?? '';
  return new Set(exitCode === 0 ? stdout.split('\n').map(first).filter(Boolean) : []);
}

async function virsh(args: readonly string[]): Promise<{ exitCode: number | null; stdout: string }> {
  if (findTool('virsh') === undefined) return { exitCode: null, stdout: '' };
  const where = process.env['LIBVIRT_DEFAULT_URI'] === undefined ? ['-c', 'qemu:///system'] : [];
  const env = { LC_ALL: 'C' };
  return runLines(['virsh', '-q', ...where, ...args], { cwd: '/', env, timeout: ASK });
}
