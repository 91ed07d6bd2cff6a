/** TCP probes: one connection; the kernel repeats its SYN (tcp(7)), so a probe of several packets is no more than that. */
import {
  closeSocket,
  connectionError,
  connectTo,
  openSocket,
  receive,
  sendBytes,
  setInitialSequence,
} from '../../../../sys/sockets.js';
import type { Port } from '../../../../sys/poller.js';
import type { Flight, Sender } from './flight.js';
import { seenFrom } from './listener.js';
import { markBytes } from './packets.js';

export class TcpSender implements Sender, Port {
  readonly fd: number;
  #state: 'new' | 'connecting' | 'talking' | 'done' = 'new';
  #connectedAt = 0;

  constructor(
    readonly flight: Flight,
    family: 4 | 6,
    readonly run: number,
  ) {
    this.fd = openSocket('tcp', family);
  }

  get port(): Port {
    return this;
  }

  get wantsWrite(): boolean {
    return this.#state === 'connecting';
  }

  send(): string | undefined {
    if (this.#state !== 'new') return undefined;
    this.#state = 'connecting';
    const { to, port = 0, sequence } = this.flight.probe;
    if (sequence !== undefined) setInitialSequence(this.fd, sequence);
    const error = connectTo(this.fd, { address: to, port });
    if (error !== undefined) this.#state = 'done';
    return error;
  }

  ready(now: number): void {
    if (this.#state === 'connecting') this.#connected(now);
    if (this.#state !== 'talking') return;
    const got = receive(this.fd);
    if (!got) return;
    if ('error' in got) this.#fail(now, got.error);
    else this.#answer(now, seenFrom(got.bytes));
  }

  /** A server of somebody's own that has the port may wait for more than a mark: it has been reached all the same. */
  conclude(): void {
    if (this.#state === 'talking') this.#answer(this.#connectedAt, {});
  }

  close(): void {
    closeSocket(this.fd);
  }

  #connected(now: number): void {
    const { id, talk = false } = this.flight.probe;
    const error = connectionError(this.fd);
    if (error !== undefined) this.#fail(now, error);
    else if (!talk) this.#answer(now, {});
    else {
      this.#state = 'talking';
      this.#connectedAt = now;
      sendBytes(this.fd, markBytes({ run: this.run, id, sequence: 0 }));
    }
  }

  #answer(now: number, seen: { seenAs?: string }): void {
    this.#state = 'done';
    this.flight.add(0, now, { kind: 'answer', from: this.flight.probe.to, ...seen });
  }

  #fail(now: number, error: string): void {
    this.#state = 'done';
    const isRefused = error === 'ECONNREFUSED';
    const { to } = this.flight.probe;
    this.flight.add(
      0,
      now,
      isRefused ? { kind: 'refused', from: to } : { kind: 'unreachable', from: '', detail: error },
    );
  }
}
