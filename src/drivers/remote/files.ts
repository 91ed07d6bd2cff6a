/** What a lab of real machines keeps in its folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type SshFiles = {
  /** ssh_config(5): a block for each machine. */
  readonly config: string;
  /** The host keys seen first, as in sshd(8)'s known_hosts, by machine. */
  readonly knownHosts: string;
};

export const sshFiles = (folder: string): SshFiles => ({
  config: join(folder, 'ssh_config'),
  knownHosts: join(folder, 'known_hosts'),
});

const MACHINES = 'machines';
const SETUP = 'setup.sh';

/** Puts files where a folder's README would say they are. */
export function writeFiles(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): void {
  for (const { path, text } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, text);
  }
}

export const setupFile = (machine: string): string => `${MACHINES}/${machine}/${SETUP}`;

/** What each machine was handed, by name: enough to take it back, whatever became of the topology. */
export function readSetups(folder: string): ReadonlyMap<string, string> {
  const machines = join(folder, MACHINES);
  const names = existsSync(machines) ? readdirSync(machines).sort() : [];
  return new Map(
    names
      .filter((name) => existsSync(join(machines, name, SETUP)))
      .map((name) => [name, readFileSync(join(machines, name, SETUP), 'utf8')]),
  );
}
