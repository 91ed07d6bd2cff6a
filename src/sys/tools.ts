/** Finds system tools, also for users whose PATH lacks the administrator's directories. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Searched even if the PATH has none of the system's directories. */
const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** npm puts the programs of packages first, and there is a package with a program `nft` that is not nft(8). */
const isOfPackages = (directory: string): boolean => /(^|\/)node_modules\/\.bin\/?$/.test(directory);

export function toolPath(): string {
  const own = (process.env['PATH'] ?? '/usr/bin:/bin').split(':');
  const [packages, others] = [own.filter(isOfPackages), own.filter((one) => !isOfPackages(one))];
  return [...new Set([...others, ...SYSTEM_DIRS, ...packages])].join(':');
}

/** The environment of a tool whose output is parsed: no translation, no colours. */
export const toolEnv = (): NodeJS.ProcessEnv => ({ PATH: toolPath(), LC_ALL: 'C', LANG: 'C' });

export function findTool(name: string): string | undefined {
  return toolPath()
    .split(':')
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
