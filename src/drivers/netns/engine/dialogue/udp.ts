/** A UDP socket of a dialogue: it sends marks, and says whom it has them from. */
import type { Endpoint } from '../../../../core/dialogue.js';
import type { Port } from '../../../../sys/poller.js';
import { closeSocket, openUdp, receive, sendBytes, sockaddr } from '../../../../sys/sockets.js';
import type { Tag } from '../../../../transport/dialogue/stage.js';
import type { Actor, Surroundings } from './actor.js';

export class UdpActor implements Actor {
  #port: Port | undefined;

  constructor(readonly around: Surroundings) {}

  open(): void {
    if (this.#port) return;
    this.around.enter();
    const fd = openUdp(this.around.socket);
    this.#port = { fd, wantsWrite: false, ready: () => this.#read(fd) };
    this.around.watch(this.#port);
  }

  move(to: Endpoint, tag: Tag): string | undefined {
    const bytes = this.around.code.write({ tag, isAnswer: false });
    return this.#port && sendBytes(this.#port.fd, bytes, sockaddr(to));
  }

  cancel(): void {
    // A datagram sent cannot be called back.
  }

  close(): void {
    if (!this.#port) return;
    this.around.unwatch(this.#port);
    closeSocket(this.#port.fd);
    this.#port = undefined;
  }

  #read(fd: number): void {
    const { socket, code, hear } = this.around;
    for (let got = receive(fd); got; got = receive(fd)) {
      const message = 'error' in got ? undefined : code.read(got.bytes);
      if (message && 'bytes' in got) hear({ socket: socket.id, from: got.from(), other: message.tag });
    }
  }
}
