/** labnet as its user runs it: a whole process for each command, with a folder of records of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRoot, run } from './processes.js';
import type { Ended, Options } from './processes.js';
import { settle } from './settle.js';
import { wanName, wanTopology } from './wan.js';

export const CLI = inRoot('dist/src/cli.js');

/** In milliseconds. */
export type LabnetRound = Readonly<Record<'up' | 'down' | 'cleanup', number>>;

export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'labnet-bench-'));
  readonly stateDir = join(this.folder, 'state');
  readonly #running = new Set<string>();

  async up(hosts: number, options: Options = {}): Promise<Ended> {
    this.#running.add(wanName(hosts));
    return this.labnet(['up', this.#topology(hosts)], options);
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

  /** Whatever was interrupted: no lab stays, and no file. */
  remove(): void {
    for (const name of this.#running)
      spawnSync(process.execPath, [CLI, 'down', name, '--state-dir', this.stateDir], { stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true });
  }

  #topology(hosts: number): string {
    const path = join(this.folder, `${wanName(hosts)}.yaml`);
    writeFileSync(path, wanTopology(hosts));
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
  const down = await workspace.down(hosts);
  return { up: up.milliseconds, down: down.milliseconds, cleanup: await settle() };
}

const BYTES_A_MEGABYTE = 1e6;

/** The most memory `labnet up` has resident, in megabytes: of all its node processes together, where it needs several. */
export async function peakMemory(workspace: Workspace, hosts: number): Promise<number> {
  const folder = mkdtempSync(join(workspace.folder, 'peak-'));
  const hook = new URL('peak.js', import.meta.url).href;
  const hooked = `${process.env['NODE_OPTIONS'] ?? ''} --import=${hook}`;
  await workspace.up(hosts, { env: { NODE_OPTIONS: hooked, BENCH_PEAK_DIR: folder } });
  await workspace.down(hosts);
  await settle();
  const peaks = readdirSync(folder).map((file) => Number(readFileSync(join(folder, file), 'utf8')));
  return peaks.reduce((sum, one) => sum + one, 0) / BYTES_A_MEGABYTE;
}
