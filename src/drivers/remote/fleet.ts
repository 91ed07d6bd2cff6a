/** The connections to a lab's machines: one each, made when it is first wanted. */
import { existsSync } from 'node:fs';
import type { Emit } from '../../core/events.js';
import type { SshConnection } from '../../transport/ssh/connection.js';
import { connectSsh } from '../../transport/ssh/connect.js';
import { HostKeys } from '../../transport/ssh/host-keys.js';
import type { SshTarget } from '../../transport/ssh/target.js';
import { resolveTarget } from '../../transport/ssh/target.js';
import type { SshFiles } from './files.js';

export type FleetOptions = {
  /** For how long a machine that does not answer yet is tried again; milliseconds. */
  readonly patience: number;
  readonly emit?: Emit | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** More handshakes at once only make each other wait. */
const HANDSHAKES = 32;

export class Fleet {
  readonly #connections = new Map<string, Promise<SshConnection>>();
  readonly #hostKeys: HostKeys;
  readonly #waiting: (() => void)[] = [];
  #shaking = 0;

  constructor(
    readonly files: SshFiles,
    readonly options: FleetOptions,
  ) {
    this.#hostKeys = new HostKeys(files.knownHosts);
  }

  to(machine: string): Promise<SshConnection> {
    const known = this.#connections.get(machine);
    if (known) return known;
    const made = this.#connect(machine);
    this.#connections.set(machine, made);
    // A connection that could not be made is tried anew by who asks next.
    made.catch(() => this.#connections.delete(machine));
    return made;
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#connections.values());
    for (const one of all) if (one.status === 'fulfilled') one.value.close();
    this.#connections.clear();
  }

  async #target(machine: string): Promise<SshTarget> {
    const { config, configBefore } = this.files;
    const target = await resolveTarget(config, machine);
    // Nothing is said of it where it is called as it is named.
    if (target.host !== machine || !existsSync(configBefore)) return target;
    return resolveTarget(configBefore, machine);
  }

  async #connect(machine: string): Promise<SshConnection> {
    const { emit, patience, signal } = this.options;
    if (this.#shaking >= HANDSHAKES) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#shaking++;
    try {
      return await connectSsh(await this.#target(machine), {
        hostKeys: this.#hostKeys,
        patience,
        signal,
        waiting: (name, why) => emit?.({ kind: 'machine', machine: name, text: `waiting for SSH: ${why}` }),
      });
    } finally {
      this.#shaking--;
      this.#waiting.shift()?.();
    }
  }
}
