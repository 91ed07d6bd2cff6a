/** A mesh asked by as many engines as there are processors: almost all of its time is the kernel's, in whoever sends. */
import { availableParallelism } from 'node:os';
import type { MeshOutcome, MeshRun } from '../../core/mesh.js';
import { joinOutcomes, meshShares } from '../../core/mesh.js';
import { Engine } from './engine-client.js';
import type { Holder } from './holder.js';

/** With fewer pairs than this for each, another engine takes longer to start than it saves. */
const PAIRS_AN_ENGINE = 20_000;
/** Beyond this the kernel's locks for connections and routes are what is waited for. */
const ENGINES_AT_MOST = 8;

export const enginesFor = (hosts: number, processors: number): number =>
  Math.max(1, Math.min(processors, ENGINES_AT_MOST, Math.floor((hosts * hosts) / PAIRS_AN_ENGINE)));

export class MeshEngines {
  readonly #others: Engine[] = [];

  /** @param first an engine that has entered the lab of this holder */
  constructor(
    readonly first: Engine,
    readonly holder: Holder,
  ) {}

  async ask(run: MeshRun): Promise<MeshOutcome> {
    const shares = meshShares(run, enginesFor(run.hosts.length, availableParallelism()));
    const engines = [this.first, ...(await Promise.all(shares.slice(1).map(() => this.#start())))];
    const outcomes = await Promise.all(
      shares.map((share, index) => (engines[index] ?? this.first).call('mesh', share)),
    );
    return joinOutcomes(outcomes);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#others.splice(0).map((engine) => engine.stop()));
  }

  async #start(): Promise<Engine> {
    const engine = new Engine({ inside: this.holder });
    this.#others.push(engine);
    await engine.call('attach', { holder: this.holder.id });
    return engine;
  }
}
