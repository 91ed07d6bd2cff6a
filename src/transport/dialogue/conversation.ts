/** Holds one dialogue, step by step. */
import type { Milliseconds } from '../../core/command.js';
import type {
  Dialogue,
  DialogueOutcome,
  DialogueStep,
  Destination,
  Endpoint,
  Move,
  StepOutcome,
} from '../../core/dialogue.js';
import { messageOf } from '../../core/errors.js';
import type { Heard, Order, Stage, StageSocket } from './stage.js';
import { tagOf } from './stage.js';
import { Tally } from './tally.js';

const HIGHEST_PORT = 65_535;

export class Conversation {
  readonly #steps: StepOutcome[] = [];
  #tally: Tally | undefined;
  #wake: () => void = () => undefined;

  /** @param patience how many times as long as said is waited for arrivals */
  constructor(
    readonly dialogue: Dialogue,
    readonly sockets: readonly StageSocket[],
    readonly stage: Stage,
    readonly patience: number,
  ) {}

  /** Nothing throws: what goes wrong is the outcome's `error`. */
  async hold(): Promise<DialogueOutcome> {
    try {
      await this.#open();
      for (const [index, step] of this.dialogue.steps.entries()) {
        const outcome = await this.#hold(index, step);
        this.#steps.push(outcome);
        if (step.isNeeded && outcome.arrivals.length === 0) break;
      }
      return { steps: this.#steps };
    } catch (error) {
      return { steps: this.#steps, error: messageOf(error) };
    } finally {
      await Promise.allSettled(this.sockets.map((socket) => this.stage.carryOut(socket, { do: 'close' })));
    }
  }

  hear(heard: Heard): void {
    if ('error' in heard) {
      if (heard.own !== undefined) this.#tally?.fail(heard.own, heard.error);
    } else {
      const socket = this.sockets.findIndex(({ id }) => id === heard.socket);
      this.#tally?.add({ ...heard, socket });
    }
    this.#wake();
  }

  async #open(): Promise<void> {
    const errors = await Promise.all(
      this.sockets.map((socket) => this.stage.carryOut(socket, { do: 'open' })),
    );
    const [first] = errors.flatMap((error, index) => {
      const socket = this.dialogue.sockets[index];
      return error === undefined || !socket
        ? []
        : [`${socket.name}: ${socket.protocol} ${socket.port} of ${socket.machine}: ${error}`];
    });
    if (first !== undefined) throw new Error(first);
  }

  async #hold(index: number, step: DialogueStep): Promise<StepOutcome> {
    await Promise.all((step.close ?? []).map((name) => this.#order(name, { do: 'close' })));
    const targets = step.moves.map(({ to }) => this.#endpointOf(to));
    if (!targets.every((target) => target !== undefined)) return { arrivals: [], errors: [], skipped: true };
    const tally = new Tally(this.dialogue.sockets, index, step, targets);
    this.#tally = tally;
    await this.#make(step, tally);
    if (step.enough !== 0) await this.#conclude(step, tally);
    return tally.outcome();
  }

  /** Makes the moves, again where nothing comes of them, and waits. */
  async #make({ moves, repeat, wait, enough }: DialogueStep, tally: Tally): Promise<void> {
    const times = enough === 0 ? 0 : (repeat?.times ?? 0);
    // A pause is as long as it says, whoever is slow.
    const patience = moves.length === 0 ? 1 : this.patience;
    for (let round = 0; round <= times && (round === 0 || !tally.isOver); round++) {
      tally.isLast = round === times;
      await Promise.all(tally.due(round === 0).map((at) => this.#move(moves[at], at, tally)));
      if (enough === 0) return;
      await this.#until(tally, patience * (tally.isLast ? wait : (repeat?.interval ?? 0)));
    }
  }

  async #move(move: Move | undefined, at: number, tally: Tally): Promise<void> {
    const to = tally.targets[at];
    if (!move || !to) return;
    const tag = tagOf(tally.index, at);
    const error = isPort(to.port) ? await this.#order(move.socket, { do: move.do, to, tag }) : 'EINVAL';
    if (error !== undefined) tally.fail(tag, error);
  }

  /** The wait is over, and nothing is left to come of the moves. */
  async #conclude({ moves }: DialogueStep, tally: Tally): Promise<void> {
    if (!tally.isOver && moves.length > 0) await this.#settle();
    await Promise.all(
      tally
        .underWay()
        .map((at) => this.#order(moves[at]?.socket, { do: 'cancel', tag: tagOf(tally.index, at) })),
    );
  }

  #until(tally: Tally, wait: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        if (!tally.isOver) return;
        clearTimeout(timer);
        resolve();
      };
      this.#wake();
    });
  }

  async #settle(): Promise<void> {
    const machines = new Set(this.sockets.map(({ machine }) => machine));
    await Promise.all([...machines].map((machine) => this.stage.settle(machine)));
  }

  #order(name: string | undefined, order: Order): Promise<string | undefined> {
    const socket = this.sockets[this.dialogue.sockets.findIndex((one) => one.name === name)];
    if (!socket) throw new Error(`no socket is named ${name ?? ''}`);
    return this.stage.carryOut(socket, order);
  }

  #endpointOf(to: Destination): Endpoint | undefined {
    if ('address' in to) return to;
    const seen = this.#steps[to.seenIn]?.arrivals.find(
      ({ socket, move }) => socket === (to.by ?? socket) && move === (to.move ?? move),
    );
    return seen && { address: seen.from.address, port: seen.from.port + (to.shift ?? 0) };
  }
}

const isPort = (port: number): boolean => port > 0 && port <= HIGHEST_PORT;
