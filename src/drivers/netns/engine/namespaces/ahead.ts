/**
 * Makes the namespaces of a large lab ahead, in a thread of their own: what is most of the kernel's work, and hardly in the way of
 * the links and addresses that this thread makes meanwhile. Each is made by who comes first.
 */
import { closeSync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { failure } from '../../../../core/errors.js';
import type { MachineStep } from '../../../../plan/step.js';
import type { Fresh } from '../sysctl.js';
import { claim, STATE } from './states.js';

/** `mounts` is open on the mount namespace in which the pins are. */
export type Work = {
  readonly mounts: number;
  readonly machines: readonly MachineStep[];
  readonly fresh: Fresh;
  readonly states: Int32Array<SharedArrayBuffer>;
};

/** Milliseconds: a namespace takes less than one, and many of them on a computer that has much to do. */
const PATIENCE = 60_000;

export class Ahead {
  readonly #worker: Worker;
  readonly #places: ReadonlyMap<string, number>;
  readonly #states: Int32Array<SharedArrayBuffer>;
  #mounts: number | undefined;

  /** To be made before this thread has a new pid namespace, which threads cannot cross (clone(2)). */
  constructor(readonly machines: readonly MachineStep[]) {
    this.#places = new Map(machines.map(({ machine }, place) => [machine, place]));
    this.#states = new Int32Array(new SharedArrayBuffer(machines.length * Int32Array.BYTES_PER_ELEMENT));
    this.#worker = new Worker(new URL('./start.js', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    // Without it, all is made by this thread.
    this.#worker.on('error', () => undefined);
    this.#worker.unref();
  }

  /** In the mount namespace that this thread is in. */
  begin(fresh: Fresh): void {
    this.#mounts = openSync('/proc/thread-self/ns/mnt', 'r');
    const work: Work = { mounts: this.#mounts, machines: this.machines, fresh, states: this.#states };
    this.#worker.postMessage(work);
  }

  /** Whether a machine's namespace is there; where it is not, it is the caller's to make. */
  has(machine: string): boolean {
    const place = this.#places.get(machine);
    if (place === undefined || claim(this.#states, place, STATE.left)) return false;
    if (Atomics.wait(this.#states, place, STATE.making, PATIENCE) === 'timed-out')
      throw failure('step-failed', `${machine}: its network namespace is not made within a minute`);
    return Atomics.load(this.#states, place) === STATE.made;
  }

  /** Its thread is in a namespace of the lab. */
  async end(): Promise<void> {
    await this.#worker.terminate();
    if (this.#mounts !== undefined) closeSync(this.#mounts);
    this.#mounts = undefined;
  }
}
