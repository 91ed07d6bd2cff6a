/**
 * Runs a program of labnet from its bundle (provisioners/package/bundle.js): one file instead of three hundred, and of the command line beside
 * it what V8 made of it at the time of the build. Another node than that of the build compiles it anew.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const FOLDER = new URL('../../bundle/', import.meta.url);

type Name = 'labnet' | 'engine';
type Run = (module: { exports: unknown }, require: NodeJS.Require, filename: string) => void;
export type Bundle = { readonly script: Script; readonly load: () => unknown };

/** Undefined where the package was compiled and not bundled. */
export function openBundle(name: Name): Bundle | undefined {
  const filename = fileURLToPath(new URL(`${name}.cjs`, FOLDER));
  if (!existsSync(filename)) return undefined;
  const code = codePath(name);
  // The bundle is a function in ASCII, which is read without being decoded.
  const script = new Script(readFileSync(filename, 'latin1'), {
    filename,
    ...(existsSync(code) && { cachedData: readFileSync(code) }),
  });
  const load = (): unknown => {
    const module = { exports: {} as unknown };
    (script.runInThisContext() as Run)(module, createRequire(filename), filename);
    return module.exports;
  };
  return { script, load };
}

/** Where what V8 made of a bundle is kept. */
export const codePath = (name: Name): string => fileURLToPath(new URL(`${name}.code`, FOLDER));
