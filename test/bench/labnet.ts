/** labnet as its user runs it: a whole process for each command, with a folder of records of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRoot, run } from './processes.js';
import type { Ended, Options } from './processes.js';
import { settle } from './settle.js';
import { wanName, wanTopology } from './wan.js';

/** What `labnet` is where it is installed. */
export const CLI = inRoot('dist/bundle/start.cjs');

/** In milliseconds: `change` is an `up` that adds a host, `again` an `up` right after `down`. */
export type LabnetRound = Readonly<Record<'up' | 'change' | 'down' | 'again' | 'cleanup', number>>;

/** Milliseconds from the shell, milliseconds of processor time and megabytes, of all its node processes together. */
export type Cost = Readonly<Record<'milliseconds' | 'cpu' | 'peak', number>>;

const BYTES_A_MEGABYTE = 1e6;

export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'labnet-bench-'));
  readonly stateDir = join(this.folder, 'state');
  readonly #running = new Set<string>();

  /** @param more hosts that are not of the shape */
  async up(hosts: number, options: Options = {}, more = 0): Promise<Ended> {
    this.#running.add(wanName(hosts));
    return this.labnet(['up', this.topology(hosts, more)], options);
  }

  async down(hosts: number): Promise<Ended> {
    const ended = await this.labnet(['down', wanName(hosts)]);
    this.#running.delete(wanName(hosts));
    return ended;
  }

  labnet(args: readonly string[], { env, ...options }: Options = {}): Promise<Ended> {
    return run([process.execPath, CLI, ...args], {
      ...options,
      env: { LABNET_STATE_DIR: this.stateDir, ...env },
    });
  }

  /** Runs a command with peak.ts in its node processes. */
  async cost(work: (options: Options) => Promise<Ended>): Promise<Cost> {
    const folder = mkdtempSync(join(this.folder, 'peak-'));
    const hook = new URL('peak.js', import.meta.url).href;
    const hooked = `${process.env['NODE_OPTIONS'] ?? ''} --import=${hook}`;
    const { milliseconds } = await work({ env: { NODE_OPTIONS: hooked, BENCH_PEAK_DIR: folder } });
    const said = readdirSync(folder).map(
      (file) =>
        JSON.parse(readFileSync(join(folder, file), 'utf8')) as Readonly<Record<'peak' | 'cpu', number>>,
    );
    const sum = (key: 'peak' | 'cpu'): number => said.reduce((all, one) => all + one[key], 0);
    return { milliseconds, cpu: sum('cpu'), peak: sum('peak') / BYTES_A_MEGABYTE };
  }

  /** Whatever was interrupted: no lab stays, and no file. */
  remove(): void {
    for (const name of this.#running)
      spawnSync(process.execPath, [CLI, 'down', name, '--state-dir', this.stateDir], {
        stdio: 'ignore',
        timeout: 60_000,
      });
    rmSync(this.folder, { recursive: true, force: true });
  }

  topology(hosts: number, more = 0): string {
    const path = join(this.folder, `${wanName(hosts)}${'-more'.repeat(more)}.yaml`);
    writeFileSync(path, wanTopology(hosts, more));
    return path;
  }
}

/** @param whileUp what is to be found out of the running lab, once its time was taken */
export async function labnetRound(
  workspace: Workspace,
  hosts: number,
  whileUp?: () => Promise<void>,
): Promise<LabnetRound> {
  const up = await workspace.up(hosts);
  await whileUp?.();
  const change = await workspace.up(hosts, {}, 1);
  const down = await workspace.down(hosts);
  const again = await workspace.up(hosts);
  await workspace.down(hosts);
  return {
    up: up.milliseconds,
    change: change.milliseconds,
    down: down.milliseconds,
    again: again.milliseconds,
    cleanup: await settle(),
  };
}
