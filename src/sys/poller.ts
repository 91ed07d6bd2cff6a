/** Waits for many sockets at once (epoll(7)): only those that are ready are visited. */
import { Buffer } from 'node:buffer';
import { monotonic } from '../core/monotonic.js';
import { closeDescriptor, own } from './descriptors.js';
import { attempt, call } from './libc.js';

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL = { ADD: 1, DEL: 2, MOD: 3 } as const;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const MOST_EVENTS = 512;
/** struct epoll_event is packed on x86 only. */
const DATA_AT = process.arch === 'x64' ? 4 : 8;
const SIZE = DATA_AT + 8;

/** Owns a socket, and is notified when it can be read, or written if it waits for that. */
export type Port = {
  readonly fd: number;
  readonly wantsWrite: boolean;
  readonly ready: (now: number) => void;
};

export class Poller {
  readonly #fd = own(call('epollCreate', EPOLL_CLOEXEC));
  readonly #ports = new Map<number, Port>();
  readonly #event = Buffer.alloc(SIZE);
  readonly #events = Buffer.alloc(SIZE * MOST_EVENTS);

  add(port: Port): void {
    this.#ports.set(port.fd, port);
    this.#control(EPOLL_CTL.ADD, port);
  }

  /** To be called when `wantsWrite` has changed. */
  update(port: Port): void {
    if (this.#ports.has(port.fd)) this.#control(EPOLL_CTL.MOD, port);
  }

  remove(port: Port): void {
    if (this.#ports.delete(port.fd)) this.#control(EPOLL_CTL.DEL, port);
  }

  /** Waits at most `timeout` milliseconds, and notifies each port that is ready. */
  wait(timeout: number): void {
    const count = attempt('epollWait', this.#fd, this.#events, MOST_EVENTS, timeout);
    const now = monotonic();
    for (let index = 0; index < count; index++) {
      const port = this.#ports.get(this.#events.readInt32LE(index * SIZE + DATA_AT));
      if (!port) continue;
      const { wantsWrite } = port;
      port.ready(now);
      if (port.wantsWrite !== wantsWrite) this.update(port);
    }
  }

  close(): void {
    this.#ports.clear();
    closeDescriptor(this.#fd);
  }

  #control(operation: number, { fd, wantsWrite }: Port): void {
    this.#event.writeUInt32LE(wantsWrite ? EPOLLOUT : EPOLLIN, 0);
    this.#event.writeInt32LE(fd, DATA_AT);
    call('epollCtl', this.#fd, operation, fd, this.#event);
  }
}
