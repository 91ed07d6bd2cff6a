/** A network of this process for dialogues: what is lost, refused or gone is what a test says. */
import type {
  Dialogue,
  DialogueOutcome,
  DialogueSocket,
  DialogueStep,
  Endpoint,
} from '../../src/core/dialogue.js';
import type { Manner } from '../../src/transport/dialogue/converse.js';
import { converse } from '../../src/transport/dialogue/converse.js';
import type { Heard, Order, Stage, StageSocket } from '../../src/transport/dialogue/stage.js';

type Sent = { readonly from: StageSocket; readonly to: Endpoint };

/** What a test says of it; by default nothing is lost and all ports are free. */
export type Weather = {
  readonly lost?: (sent: Sent, count: number) => boolean;
  readonly refused?: (sent: Sent, count: number) => string | undefined;
  readonly inUse?: (socket: StageSocket) => boolean;
  readonly gone?: (machine: string, orders: number) => boolean;
  /** What the other side sees instead of the sender's own port. */
  readonly seenAs?: (socket: StageSocket) => number;
};

/** Each machine's address is its name. */
export class Network implements Stage {
  readonly orders: string[] = [];
  readonly open = new Map<number, StageSocket>();
  most = 0;
  #connecting: (Sent & { tag: number })[] = [];
  #sent = 0;

  constructor(
    readonly hear: (heard: Heard) => void,
    readonly weather: Weather,
  ) {}

  async carryOut(socket: StageSocket, order: Order): Promise<string | undefined> {
    await this.settle(socket.machine);
    this.orders.push(`${order.do} ${socket.machine}`);
    if (order.do === 'close') return void this.open.delete(socket.id);
    if (order.do === 'cancel') {
      this.#connecting = this.#connecting.filter(
        ({ tag, from }) => tag !== order.tag || from.id !== socket.id,
      );
      return undefined;
    }
    if (this.weather.inUse?.(socket) === true) return 'EADDRINUSE';
    this.open.set(socket.id, socket);
    this.most = Math.max(this.most, this.open.size);
    return order.do === 'open' ? undefined : this.#move({ from: socket, to: order.to }, order.tag);
  }

  settle(machine: string): Promise<void> {
    const isGone = this.weather.gone?.(machine, this.orders.length) === true;
    return isGone ? Promise.reject(new Error(`${machine}: the connection ended`)) : Promise.resolve();
  }

  #move(sent: Sent, tag: number): string | undefined {
    const count = this.#sent++;
    const error = this.weather.refused?.(sent, count);
    if (error !== undefined || this.weather.lost?.(sent, count) === true) return error;
    setImmediate(() => (sent.from.protocol === 'udp' ? this.#deliver(sent, tag) : this.#connect(sent, tag)));
    return undefined;
  }

  #at({ address, port }: Endpoint, protocol: string): StageSocket | undefined {
    return [...this.open.values()].find(
      (one) => one.machine === address && this.#port(one) === port && one.protocol === protocol,
    );
  }

  #port(socket: StageSocket): number {
    return this.weather.seenAs?.(socket) ?? socket.port;
  }

  #seen(socket: StageSocket): Endpoint {
    return { address: socket.machine, port: this.#port(socket) };
  }

  #deliver({ from, to }: Sent, other: number): void {
    const socket = this.#at(to, 'udp');
    if (socket) this.hear({ socket: socket.id, from: this.#seen(from), other });
  }

  #connect(sent: Sent, tag: number): void {
    const { from, to } = sent;
    const socket = this.#at(to, 'tcp');
    const its = this.#connecting.find((one) => one.from === socket && one.to.address === from.machine);
    if (!socket || (!its && !socket.listen)) this.#connecting.push({ ...sent, tag });
    else {
      this.hear({ socket: from.id, from: to, own: tag, other: its?.tag });
      this.hear({ socket: socket.id, from: this.#seen(from), own: its?.tag, other: tag });
    }
  }
}

export const MANNER: Manner = { room: { machine: 100, total: 100 }, patience: 1 };
export const WAIT = 60;

export async function hold(
  dialogues: readonly Dialogue[],
  weather: Weather = {},
  manner = MANNER,
): Promise<{ outcomes: DialogueOutcome[]; network: Network; duration: number }> {
  const started = performance.now();
  const found: { network?: Network } = {};
  const outcomes = await converse(dialogues, (hear) => (found.network = new Network(hear, weather)), manner);
  const { network } = found;
  if (!network) throw new Error('no stage was set');
  return { outcomes, network, duration: performance.now() - started };
}

export const udp = (name: string, port = 1): DialogueSocket => ({
  name,
  machine: name,
  protocol: 'udp',
  port,
});
export const tcp = (name: string, listen = false, port = 1): DialogueSocket => ({
  name,
  machine: name,
  protocol: 'tcp',
  port,
  listen,
});

export const at = (address: string, port = 1): Endpoint => ({ address, port });
export const send = (socket: string, to: DialogueStep['moves'][number]['to']): DialogueStep => ({
  moves: [{ do: 'send', socket, to }],
  wait: WAIT,
});
export const connect = (socket: string, to: string): DialogueStep => ({
  moves: [{ do: 'connect', socket, to: at(to) }],
  wait: WAIT,
});
export const dialogue = (
  sockets: readonly DialogueSocket[],
  ...steps: readonly DialogueStep[]
): Dialogue => ({
  name: 'one',
  sockets,
  steps,
});

export const arrivals = ({ steps }: DialogueOutcome): string[][] =>
  steps.map((step) =>
    step.arrivals.map(({ socket, move, from }) => `${socket} ${move} ${from.address}:${from.port}`),
  );
