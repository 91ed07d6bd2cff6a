/** The command line as its users run it: a process of its own, with a state folder of its own. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { toolPath } from '../../src/sys/tools.js';
import { temporaryFolder } from './folder.js';
import { pathTo } from './topologies.js';

/** What `labnet` is where it is installed. */
export const CLI = pathTo('dist/bundle/start.cjs');

export type Result = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export const isRoot = process.geteuid?.() === 0;
/** Why there are no rights of root here; empty where there are. */
export const noRoot = isRoot ? '' : 'needs root';

/** A user without rights, for tests that run as root; nobody has to exist under that number. */
const UID = 54321;

let checkout: string | undefined;

/** Puts the command in the hands of an ordinary user, where this process is root. */
export function asOrdinaryUser(argv: readonly string[]): readonly string[] {
  if (!isRoot) return argv;
  const user = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--'];
  if (canRead(user)) return [...user, ...argv];
  // The checkout is in a folder that only root may enter: this user sees it elsewhere.
  const seen = (checkout ??= temporaryFolder('checkout'));
  chmodSync(seen, 0o755);
  const mount = ['unshare', '--mount', '--', 'sh', '-c', 'mount --bind "$1" "$2"; shift 2; exec "$@"', 'sh'];
  return [...mount, pathTo(''), seen, ...user, ...argv.map((one) => one.replace(pathTo(''), `${seen}/`))];
}

const canRead = ([program = '', ...rest]: readonly string[]): boolean =>
  spawnSync(program, [...rest, 'test', '-r', CLI], { env: { PATH: toolPath() } }).status === 0;

export type Who = 'self' | 'user';

/** Whom a test can run as, and the words for its title. */
export const USERS: readonly { readonly who: Who; readonly as: string }[] = [
  ...(isRoot ? [{ who: 'self', as: 'root' } as const] : []),
  { who: 'user', as: 'an ordinary user' },
];

/** A lab world of one test: its own state folder, and everybody in it is gone at the end. */
export class World {
  readonly stateDir: string;
  readonly #prefix: readonly string[];

  /** @param through a command line that runs the one behind it, such as unshare */
  constructor(
    readonly who: Who = 'self',
    through: readonly string[] = [],
    stateDir?: string,
  ) {
    this.stateDir = stateDir ?? temporaryFolder('test');
    this.#prefix = through;
    if (who === 'user' && isRoot && stateDir === undefined) chownSync(this.stateDir, UID, UID);
  }

  /** The same world, entered by way of another command. */
  through(...prefix: readonly string[]): World {
    return new World(this.who, prefix, this.stateDir);
  }

  get env(): NodeJS.ProcessEnv {
    const env = { ...process.env, LABNET_STATE_DIR: this.stateDir, PATH: toolPath(), NO_COLOR: '1' };
    for (const name of ['NODE_V8_COVERAGE', 'FORCE_COLOR', 'LABNET_LAB']) Reflect.deleteProperty(env, name);
    return env;
  }

  argv(...args: readonly string[]): readonly [string, ...string[]] {
    const argv = [process.execPath, CLI, ...args];
    const [program = '', ...rest] = [...this.#prefix, ...(this.who === 'user' ? asOrdinaryUser(argv) : argv)];
    return [program, ...rest];
  }

  start(...args: readonly string[]): ChildProcess {
    const [program, ...rest] = this.argv(...args);
    return spawn(program, rest, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async run(...args: readonly string[]): Promise<Result> {
    return finished(this.start(...args));
  }

  async json(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout, stderr } = await this.run(...args);
    try {
      return JSON.parse(stdout) as Record<string, unknown>;
    } catch {
      throw new Error(`no JSON from ${args.join(' ')}: ${stdout}${stderr}`);
    }
  }

  async end(): Promise<void> {
    await this.run('down', '--all');
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

export async function finished(child: ChildProcess): Promise<Result> {
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (said.stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said.stderr += chunk));
  const code = await new Promise<number | null>((resolve) =>
    child.once('close', (status) => resolve(status)),
  );
  return { code, ...said };
}
