/**
 * Runs a program of labnet from its bundle (provisioners/package/bundle.js): one file instead of three hundred, and for the command line
 * V8's code cache from the build. A node of another version than that of the build compiles it again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const FOLDER = new URL('../../bundle/', import.meta.url);

type Name = 'labnet' | 'engine';
type Run = (module: { exports: unknown }, require: NodeJS.Require, filename: string) => void;
export type Bundle = { readonly script: Script; readonly load: () => unknown };

/** Which code cache to use: commands that make labs need more code than others. */
export type Kept = Name | 'labs';

export const keptFor = (command: string | undefined): Kept =>
  command === 'up' || command === 'down' ? 'labs' : 'labnet';

/**
 * Undefined if the package was compiled but not bundled.
 * @param found what finds packages from the bundle's folder; left out by modules, which have none
 */
export function openBundle(name: Name, kept: Kept = name, found?: NodeJS.Require): Bundle | undefined {
  const filename = fileURLToPath(new URL(`${name}.cjs`, FOLDER));
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
export const codePath = (name: Kept): string => fileURLToPath(new URL(`${name}.code`, FOLDER));
