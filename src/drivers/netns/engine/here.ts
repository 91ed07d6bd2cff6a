/**
 * The engine in the thread that asks it, the main one of a command that has nothing else to do meanwhile: it has started
 * when another thread or process would begin to, in half the memory. Between operations the thread is where it came from.
 */
import { failure } from '../../../core/errors.js';
import { phase } from '../../../core/phases.js';
import { closeDescriptors } from '../../../sys/descriptors.js';
import type { ThreadContext } from '../../../sys/thread-context.js';
import { captureContext, closeContext, enterContext } from '../../../sys/thread-context.js';
import { endAll } from './children.js';
import { failureOf } from './failure.js';
import { perform, PHASES } from './handlers.js';
import type { Operation, Reply, Request } from './protocol.js';

/** Those that make a lab. To change one would be to look for programs in its machines, and to find this one. */
const INSIDE: readonly Operation[] = ['create', 'add', 'finish'];

export class EngineHere {
  readonly #home: ThreadContext;
  #lab: ThreadContext | undefined;
  #isOver = false;
  readonly #underway = new Set<Promise<unknown>>();

  constructor(home: ThreadContext) {
    this.#home = home;
  }

  async answer({ id, op, argument }: Request): Promise<Reply> {
    // Signals have their turn, and programs read what they were sent.
    await new Promise(setImmediate);
    const before = phase(PHASES[op] ?? 'rest');
    try {
      if (op === 'stop') await this.#end();
      return {
        id,
        result: INSIDE.includes(op) ? await this.#inside(op, argument) : await perform(op, argument),
      };
    } catch (error) {
      return { id, failure: failureOf(error) };
    } finally {
      phase(before);
    }
  }

  async #inside(op: Operation, argument: unknown): Promise<unknown> {
    if (this.#isOver) throw failure('engine-failed', 'the engine was stopped');
    if (this.#lab) enterContext(this.#lab);
    const work = perform(op, argument);
    this.#underway.add(work);
    try {
      const result = await work;
      this.#lab ??= captureContext();
      return result;
    } finally {
      this.#underway.delete(work);
      enterContext(this.#home);
    }
  }

  /** What is under way ends soon, as the programs that it waits for are ended; until then this thread is in the lab. */
  async #end(): Promise<void> {
    this.#isOver = true;
    await endAll();
    await Promise.allSettled(this.#underway);
    closeDescriptors();
    if (this.#lab) closeContext(this.#lab);
    this.#lab = undefined;
  }
}
