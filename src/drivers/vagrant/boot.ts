/** Boots a lab's virtual machines, from nothing or from whatever an earlier attempt has left. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Emit } from '../../core/events.js';
import { failure } from '../../core/errors.js';
import { list } from '../../core/suggest.js';
import type { Lab } from '../../model/lab.js';
import { forgetHost } from '../../transport/ssh/host-keys.js';
import { sshFiles } from '../remote/files.js';
import { progressOf, readStates, vagrant } from './cli.js';
import type { LibvirtNames } from './libvirt.js';
import { namesOf, namesOfMachines, present, sweep } from './libvirt.js';

export type Boot = {
  /** The lab's. */
  readonly folder: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
};

const ASK = 120_000;
/** For each machine, and so much more for the first. */
const BOOT = 120_000;
const FIRST_BOOT = 600_000;

export const workIn = (folder: string): string => join(folder, 'vagrant');

/**
 * Machines of the lab's names that are there before the lab is: somebody else's.
 * @param known what is the lab's already
 */
export async function refuseForeign(lab: Lab, known?: Lab): Promise<void> {
  const own = known && namesOf(known);
  const isOther =
    (kind: keyof LibvirtNames) =>
    (name: string): boolean =>
      own?.[kind].includes(name) !== true;
  const wanted = namesOf(lab);
  const asked = {
    domains: wanted.domains.filter(isOther('domains')),
    volumes: wanted.volumes.filter(isOther('volumes')),
    networks: wanted.networks.filter(isOther('networks')),
  };
  if (Object.values(asked).every((names) => names.length === 0)) return;
  const { domains, volumes, networks } = await present(asked);
  const found = [...domains, ...volumes, ...networks];
  if (found.length === 0) return;
  throw failure(
    'lab-exists',
    `libvirt has ${list(found)} already, and labnet has no record of making them`,
    'give the lab another name, or remove them',
  );
}

/** Whether every machine has booted before, and it is known where they are. */
export function isWhole({ machines }: Lab, folder: string): boolean {
  const seen = new Booted(folder);
  return existsSync(sshFiles(folder).config) && machines.every(({ name }) => seen.has(name));
}

/** Starts what does not run; of what runs, vagrant is asked for nothing but its state. */
export async function boot(lab: Lab, { folder, emit, signal }: Boot): Promise<void> {
  const { config, knownHosts } = sshFiles(folder);
  const states = readStates(
    await vagrant(workIn(folder), ['status', '--machine-readable'], { timeout: ASK, signal }),
  );
  const names = lab.machines.map(({ name }) => name);
  const booted = new Booted(folder);
  const isMade = (name: string): boolean => states.get(name) !== 'not_created' && booted.has(name);
  const isUp = (name: string): boolean => states.get(name) === 'running' && isMade(name);
  if (names.every(isUp) && existsSync(config)) return;
  const unmade = names.filter((name) => !isMade(name));
  await clear(lab.name, unmade, states, { folder, emit, signal });
  for (const name of unmade) forgetHost(knownHosts, name);
  booted.keep(names.filter(isMade));
  let done = names.filter(isUp).length;
  await vagrant(workIn(folder), ['up', '--no-provision'], {
    timeout: FIRST_BOOT + BOOT * names.length,
    signal,
    onLine: (line) => {
      const said = progressOf(line);
      if (!said) return;
      emit({ kind: 'machine', ...said });
      if (!said.text.includes('booted and ready')) return;
      booted.add(said.machine);
      emit({ kind: 'progress', phase: 'boot', done: ++done, total: names.length });
    },
  });
  booted.keep(names);
  const text = await vagrant(workIn(folder), ['ssh-config'], { timeout: ASK, signal });
  writeFileSync(config, text, { mode: 0o600 });
}

/** A machine that never booted may lack anything, such as its interfaces: it is made from the beginning. */
async function clear(
  lab: string,
  unmade: readonly string[],
  states: ReadonlyMap<string, string>,
  { folder, signal }: Boot,
): Promise<void> {
  const half = unmade.filter((name) => states.get(name) !== 'not_created');
  if (half.length > 0)
    await vagrant(workIn(folder), ['destroy', '--force', ...half], { timeout: FIRST_BOOT, signal });
  await sweep(namesOfMachines(lab, unmade));
}

/** The machines that were seen to be whole, a name a line. */
export class Booted {
  readonly #path: string;
  #names: Set<string>;

  constructor(folder: string) {
    this.#path = join(folder, 'booted');
    const text = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : '';
    this.#names = new Set(text.split('\n').filter(Boolean));
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    this.#names.add(name);
    appendFileSync(this.#path, `${name}\n`);
  }

  drop(names: readonly string[]): void {
    this.keep([...this.#names].filter((name) => !names.includes(name)));
  }

  keep(names: readonly string[]): void {
    this.#names = new Set(names);
    writeFileSync(this.#path, names.map((name) => `${name}\n`).join(''));
  }
}
