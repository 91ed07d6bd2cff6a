/** Sends many probes at once from many machines, out of one thread, and collects the answers. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonic } from '../../../../core/monotonic.js';
import type { Listener, ListenerState, Probe, ProbeResult } from '../../../../core/probe.js';
import type { Port } from '../../../../sys/poller.js';
import { Poller } from '../../../../sys/poller.js';
import { closeSocket } from '../../../../sys/sockets.js';
import type { Sender } from './flight.js';
import { Flight } from './flight.js';
import { IcmpPort } from './icmp.js';
import { openListener } from './listener.js';
import { TcpSender } from './tcp.js';
import { udpSender } from './udp.js';

/** Started between two looks at the answers, so that none waits long to be seen. */
const BATCH = 64;
const LONGEST_POLL = 10;

type Active = { readonly flight: Flight; readonly sender: Sender };

export class Prober {
  readonly #icmp = new Map<string, IcmpPort>();
  readonly #active = new Set<Active>();
  readonly #served = new Set<Port>();
  readonly #poller = new Poller();
  readonly #results = new Map<number, ProbeResult>();

  /**
   * @param enter puts this thread into a machine's network namespace
   * @param window probes that are under way at once
   */
  constructor(
    readonly enter: (machine: string) => void,
    readonly run: number,
    readonly window: number,
  ) {}

  listen(listeners: readonly Listener[]): ListenerState[] {
    return listeners.map((listener) => {
      this.enter(listener.machine);
      const { state, ports } = openListener(listener, {
        opened: (port) => this.#serve(port),
        closed: (port) => {
          this.#served.delete(port);
          this.#poller.remove(port);
          closeSocket(port.fd);
        },
      });
      for (const port of ports) this.#serve(port);
      return state;
    });
  }

  async probe(probes: readonly Probe[]): Promise<ProbeResult[]> {
    const waiting = [...probes].reverse();
    let seen = monotonic();
    while (waiting.length > 0 || this.#active.size > 0) {
      const room = Math.min(BATCH, this.window - this.#active.size);
      for (let more = room; more > 0 && waiting.length > 0; more--) this.#start(waiting.pop());
      this.#advance(monotonic(), seen);
      seen = this.#poll(waiting.length > 0 ? 0 : LONGEST_POLL);
      // Captures are read by this same thread.
      await nextTurn();
    }
    return probes.map(({ id }) => this.#results.get(id) ?? { id, sent: 0, replies: [] });
  }

  #serve(port: Port): void {
    this.#served.add(port);
    this.#poller.add(port);
  }

  close(): void {
    this.#poller.close();
    for (const port of this.#icmp.values()) port.close();
    for (const { fd } of this.#served) closeSocket(fd);
    for (const { sender } of this.#active) sender.close();
    this.#icmp.clear();
    this.#served.clear();
    this.#active.clear();
  }

  #start(probe: Probe | undefined): void {
    if (!probe) return;
    const flight = new Flight(probe);
    const sender = this.#sender(flight);
    this.#active.add({ flight, sender });
    if (sender.port) this.#poller.add(sender.port);
  }

  #sender(flight: Flight): Sender {
    const { machine, protocol, to } = flight.probe;
    const family = to.includes(':') ? 6 : 4;
    if (protocol !== 'icmp') {
      this.enter(machine);
      return protocol === 'udp'
        ? udpSender(flight, family, this.run)
        : new TcpSender(flight, family, this.run);
    }
    const key = `${machine} ${family}`;
    const known = this.#icmp.get(key);
    if (known) return known.sender(flight);
    this.enter(machine);
    const port = new IcmpPort(family, this.run);
    this.#icmp.set(key, port);
    this.#poller.add(port);
    return port.sender(flight);
  }

  /** @param seen by when answers were read: one that came while this thread had no turn is not late */
  #advance(now: number, seen: number): void {
    for (const one of this.#active) {
      const { flight, sender } = one;
      const isOver = seen >= flight.due && flight.sent >= flight.probe.count;
      if (isOver && !flight.isAnswered) sender.conclude?.();
      if (flight.isAnswered || isOver) this.#finish(one);
      else if (now >= flight.due && flight.sent < flight.probe.count) {
        const sequence = flight.sent;
        flight.sentOne(now);
        const error = sender.send(sequence, now);
        if (sender.port?.wantsWrite === true) this.#poller.update(sender.port);
        if (error !== undefined)
          flight.add(sequence, now, { kind: 'unreachable', from: flight.probe.machine, detail: error });
      }
    }
  }

  #finish(one: Active): void {
    const { flight, sender } = one;
    this.#active.delete(one);
    if (sender.port) this.#poller.remove(sender.port);
    sender.close();
    const { probe, sent, replies, isAnswered } = flight;
    // A copy has no room for more replies, which an array that they were added to has; one that came too late is still told.
    this.#results.set(probe.id, { id: probe.id, sent, replies: isAnswered ? replies.slice() : replies });
  }

  /** When it began to wait: what had come by then is read. */
  #poll(longest: number): number {
    const now = monotonic();
    let next = now + longest;
    for (const { flight } of this.#active) next = Math.min(next, flight.isAnswered ? 0 : flight.due);
    this.#poller.wait(Math.max(0, Math.ceil(next - now)));
    return now;
  }
}
