/**
 * Runs a program of labnet from its bundle (provisioners/package/bundle.js): one file instead of three hundred, and for the command line
 * V8's code cache from the build. A node of another version than that of the build compiles it again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const FOLDER = new URL('../../bundle/', import.meta.url);

type Run = (module: { exports: unknown }, require: NodeJS.Require, filename: string) => void;
export type Bundle = { readonly script: Script; readonly load: () => unknown };

/** A bundle with its code cache. `labs` is `labnet` with another one: commands that make labs need more code than others. */
export type Kept = 'labnet' | 'labs' | 'light' | 'engine';

/** Commands that have to do with no lab, which begin from a bundle of half the size. */
const LIGHT: ReadonlySet<string | undefined> = new Set([
  undefined,
  '--help',
  '-h',
  'help',
  '--version',
  '-V',
  'validate',
]);
const OF_LABS: ReadonlySet<string | undefined> = new Set(['up', 'down']);

/** @param command the first argument of the command line */
export const keptFor = (command: string | undefined): Kept =>
  LIGHT.has(command) ? 'light' : OF_LABS.has(command) ? 'labs' : 'labnet';

/**
 * Undefined if the package was compiled but not bundled.
 * @param found what finds packages from the bundle's folder; left out by modules, which have none
 */
export function openBundle(kept: Kept, found?: NodeJS.Require): Bundle | undefined {
  const filename = fileURLToPath(new URL(`${kept === 'labs' ? 'labnet' : kept}.cjs`, FOLDER));
  if (!existsSync(filename)) return undefined;
  const code = codePath(kept);
  // The bundle is a function in ASCII, which is read without being decoded.
  const script = new Script(readFileSync(filename, 'latin1'), {
    filename,
    ...(existsSync(code) && { cachedData: readFileSync(code) }),
  });
  const load = (): unknown => {
    const module = { exports: {} as unknown };
    const require = found ?? process.getBuiltinModule('node:module').createRequire(filename);
    (script.runInThisContext() as Run)(module, require, filename);
    return module.exports;
  };
  return { script, load };
}

/** The file with V8's code cache of a bundle. */
export const codePath = (kept: Kept): string => fileURLToPath(new URL(`${kept}.code`, FOLDER));
