/** Holds dialogues out of one thread: all sockets are its own, each opened in its machine's namespace. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dialogue, DialogueOutcome } from '../../../../core/dialogue.js';
import { SysError } from '../../../../sys/libc.js';
import { Poller } from '../../../../sys/poller.js';
import { converse } from '../../../../transport/dialogue/converse.js';
import type { Heard, Order, Stage, StageSocket } from '../../../../transport/dialogue/stage.js';
import type { Actor } from './actor.js';
import { codeOf } from './bytes.js';
import { TcpActor } from './tcp.js';
import { UdpActor } from './udp.js';

/** How late a step may end: node's own timers wait for the sockets. */
const LONGEST_POLL = 2;
/** Looks at the sockets once a wait is over: what comes in may have more come in at once. */
const SETTLING = 8;
/** What the engine needs files for besides. */
const OTHER_FILES = 128;
const RUNS = 2 ** 32;

type Enter = (machine: string) => void;

export async function holdDialogues(
  dialogues: readonly Dialogue[],
  enter: Enter,
): Promise<DialogueOutcome[]> {
  const stage = new LocalStage(enter, randomInt(RUNS));
  const setStage = (hear: (heard: Heard) => void): Stage => {
    stage.hear = hear;
    return stage;
  };
  const files = mostFiles();
  const holding = converse(dialogues, setStage, { room: { machine: files, total: files }, patience: 1 });
  const progress = { isOver: false };
  const over = (): void => {
    progress.isOver = true;
  };
  holding.then(over, over);
  try {
    while (!progress.isOver) {
      // Timers, and requests to this engine.
      await nextTurn();
      stage.poll(LONGEST_POLL);
    }
    return await holding;
  } finally {
    stage.close();
  }
}

/** Files this process may have open at once (RLIMIT_NOFILE, which node raises as far as it may). */
function mostFiles(): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Math.max(1, Number(soft ?? 1024) - OTHER_FILES);
}

class LocalStage implements Stage {
  hear: (heard: Heard) => void = () => undefined;
  readonly #actors = new Map<number, Actor>();
  readonly #poller = new Poller();

  constructor(
    readonly enter: Enter,
    readonly run: number,
  ) {}

  carryOut(socket: StageSocket, order: Order): Promise<string | undefined> {
    try {
      return Promise.resolve(this.#carryOut(socket, order));
    } catch (error) {
      if (error instanceof SysError) return Promise.resolve(error.code);
      throw error;
    }
  }

  settle(): Promise<void> {
    for (let pass = 0; pass < SETTLING; pass++) this.poll(0);
    return Promise.resolve();
  }

  poll(timeout: number): void {
    this.#poller.wait(timeout);
  }

  close(): void {
    for (const actor of this.#actors.values()) actor.close();
    this.#poller.close();
  }

  #carryOut(socket: StageSocket, order: Order): string | undefined {
    const actor = this.#actorOf(socket);
    if (order.do === 'close') actor.close();
    else if (order.do === 'cancel') actor.cancel(order.tag);
    else {
      actor.open();
      if (order.do !== 'open') return actor.move(order.to, order.tag);
    }
    return undefined;
  }

  #actorOf(socket: StageSocket): Actor {
    const known = this.#actors.get(socket.id);
    if (known) return known;
    const around = {
      socket,
      code: codeOf(this.run, socket),
      hear: (heard: Heard) => this.hear(heard),
      enter: () => this.enter(socket.machine),
      watch: (port: Parameters<Poller['add']>[0]) => this.#poller.add(port),
      unwatch: (port: Parameters<Poller['remove']>[0]) => this.#poller.remove(port),
    };
    const actor = socket.protocol === 'udp' ? new UdpActor(around) : new TcpActor(around);
    this.#actors.set(socket.id, actor);
    return actor;
  }
}
