/**
 * Runs a program of labnet from its bundle (provisioners/package/bundle.js): one file instead of three hundred, and of the command line beside
 * it what V8 made of it at the time of the build. Another node than that of the build compiles it anew.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const FOLDER = new URL('../../bundle/', import.meta.url);

type Name = 'labnet' | 'engine';
type Run = (module: { exports: unknown }, require: NodeJS.Require, filename: string) => void;
export type Bundle = { readonly script: Script; readonly load: () => unknown };

/** What V8 is to have made of a bundle: for commands that make labs it is more than others need. */
export type Kept = Name | 'labs';

export const keptFor = (command: string | undefined): Kept =>
  command === 'up' || command === 'down' ? 'labs' : 'labnet';

/**
 * Undefined where the package was compiled and not bundled.
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

/** Where what V8 made of a bundle is kept. */
export const codePath = (name: Kept): string => fileURLToPath(new URL(`${name}.code`, FOLDER));
