/** The lab of link-lab.ts on machines that are reached over SSH. */
import type { ExecutionContext } from 'ava';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedChange } from '../../src/index.js';
import { toolEnv } from '../../src/sys/tools.js';
import { texts } from './changing.js';
import { changes } from './guests.js';
import { linkedPair } from './link-lab.js';
import { SshLab } from './ssh.js';
import { labOf } from './topologies.js';

/** Two machines with an sshd each; the interface of both is called ens7. */
export class SshLinks {
  readonly file: string;
  readonly #children: ChildProcess[] = [];
  #before = new Map<string, string>();

  private constructor(readonly ssh: SshLab) {
    this.file = join(ssh.folder, 'links.yaml');
  }

  static async make(t: ExecutionContext): Promise<SshLinks> {
    t.timeout(400_000);
    const lab = new SshLinks(await SshLab.of(labOf(linkedPair(''))));
    t.teardown(async () => {
      for (const child of lab.#children) child.kill();
      await lab.ssh.end();
    });
    for (const name of lab.ssh.guests.names) lab.#before.set(name, await lab.ssh.guests.state(name));
    return lab;
  }

  write = (a: string, segment = ''): void => writeFileSync(this.file, linkedPair(a, segment));

  start = (machine: string, ...argv: readonly string[]): ChildProcess => {
    const [program = '', ...rest] = [...this.ssh.guests.enter(machine), 'timeout', '300', ...argv];
    const child = spawn(program, rest, { env: toolEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    return child;
  };

  exec = async (machine: string, ...argv: readonly string[]): Promise<string> =>
    (await this.ssh.guests.run(machine, '"$@"', '', argv)).stdout;

  async #changes(...args: readonly string[]): Promise<string[]> {
    const said = (await this.ssh.world.json(...args, '--json')) as { changes?: readonly PlannedChange[] };
    if (!said.changes) throw new Error(JSON.stringify(said));
    return texts(said.changes);
  }

  readonly #on = ['--driver', 'ssh', '--ssh-config'] as const;
  plan = (): Promise<string[]> => this.#changes('plan', this.file, ...this.#on, this.ssh.config);
  up = (): Promise<string[]> => this.#changes('up', this.file, ...this.#on, this.ssh.config);
  drift = (): Promise<string[]> => this.#changes('status', '--drift');

  async make(t: ExecutionContext): Promise<void> {
    const { code, stderr } = await this.ssh.up(this.file);
    t.is(code, 0, stderr);
  }

  async link(t: ExecutionContext, ...words: readonly string[]): Promise<void> {
    const { code, stderr } = await this.ssh.world.run('link', ...words);
    t.is(code, 0, stderr);
  }

  /** What of a machine is not what it was without a lab. */
  left = async (machine: string): Promise<string[]> =>
    changes(this.#before.get(machine) ?? '', await this.ssh.guests.state(machine));
}
