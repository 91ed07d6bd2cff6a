/** What a lab of real machines keeps in its folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setupPath } from '../../render/vagrant.js';

export type SshFiles = {
  /** ssh_config(5): a block for each machine. */
  readonly config: string;
  /** The one before it, while a lab is changed: machines that leave the lab may be in no other. */
  readonly configBefore: string;
  /** The host keys seen first, as in sshd(8)'s known_hosts, by machine. */
  readonly knownHosts: string;
};

export const sshFiles = (folder: string): SshFiles => ({
  config: join(folder, 'ssh_config'),
  configBefore: join(folder, 'ssh_config.before'),
  knownHosts: join(folder, 'known_hosts'),
});

/** What each machine was handed, by name: enough to take it back, whatever became of the topology. */
export function readSetups(folder: string): ReadonlyMap<string, string> {
  const machines = join(folder, 'machines');
  const names = existsSync(machines) ? readdirSync(machines).sort() : [];
  const setups = names.map((name) => ({ name, path: join(folder, setupPath({ name })) }));
  return new Map(
    setups.filter(({ path }) => existsSync(path)).map(({ name, path }) => [name, readFileSync(path, 'utf8')]),
  );
}
