/** The lab of changing.ts on machines that are reached over SSH, and two machines and a segment that it does not have yet. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedChange } from '../../src/index.js';
import type { Topology } from './changing.js';
import { nested, written } from './changing.js';
import { changes } from './guests.js';
import { SshLab } from './ssh.js';
import { labOf } from './topologies.js';

const WHOLE = written((it) => {
  nested(it, 'hosts')['dave'] = { home: 'auto' };
  nested(it, 'hosts')['erin'] = { lab: 'auto' };
  nested(it, 'segments')['lab'] = '10.2.0.0/24';
  nested(it, 'routers', 'edge', 'interfaces')['lab'] = '10.2.0.1';
});

type Json = { readonly changes?: readonly PlannedChange[]; readonly diagnostics?: unknown };

export class SshChanging {
  readonly file: string;
  #before = new Map<string, string>();

  private constructor(readonly ssh: SshLab) {
    this.file = join(ssh.folder, 'changing.yaml');
    this.write();
  }

  static async make(): Promise<SshChanging> {
    const lab = new SshChanging(await SshLab.of(labOf(WHOLE)));
    await lab.remember();
    return lab;
  }

  write(change?: (topology: Topology) => void): void {
    writeFileSync(this.file, written(change));
  }

  async changes(...args: readonly string[]): Promise<readonly PlannedChange[]> {
    const { stdout, stderr } = await this.ssh.world.run(...args, '--json');
    const said = JSON.parse(stdout) as Json;
    if (!said.changes) throw new Error(`${args.join(' ')}: ${JSON.stringify(said.diagnostics)} ${stderr}`);
    return said.changes;
  }

  plan = (): Promise<readonly PlannedChange[]> =>
    this.changes('plan', this.file, '--driver', 'ssh', '--ssh-config', this.ssh.config);
  up = (): Promise<readonly PlannedChange[]> =>
    this.changes('up', this.file, '--driver', 'ssh', '--ssh-config', this.ssh.config);

  /** What the machines are without a lab. */
  async remember(): Promise<void> {
    for (const name of this.ssh.guests.names) this.#before.set(name, await this.ssh.guests.state(name));
  }

  /** What of a machine is not what it was without a lab. */
  async left(machine: string): Promise<string[]> {
    return changes(this.#before.get(machine) ?? '', await this.ssh.guests.state(machine));
  }
}
