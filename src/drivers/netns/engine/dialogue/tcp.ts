/** A TCP socket of a dialogue: a port that listens, connects, or both, and its connections. */
import type { Endpoint } from '../../../../core/dialogue.js';
import type { Port } from '../../../../sys/poller.js';
import { acceptOn, closeSocket, connectTo, openTcp } from '../../../../sys/sockets.js';
import type { Tag } from '../../../../transport/dialogue/stage.js';
import type { Actor, Surroundings } from './actor.js';
import { Connection } from './connection.js';

export class TcpActor implements Actor {
  readonly #connections = new Set<Connection>();
  #listener: Port | undefined;
  /** Has the port from the beginning on; the first connection is made of it. */
  #first: number | undefined;

  constructor(readonly around: Surroundings) {}

  open(): void {
    const { socket } = this.around;
    if (!socket.listen) {
      if (this.#connections.size === 0) this.#first ??= this.#open(false);
    } else if (!this.#listener) {
      const fd = this.#open(true);
      this.#listener = { fd, wantsWrite: false, ready: () => this.#accept(fd) };
      this.around.watch(this.#listener);
    }
  }

  move(to: Endpoint, tag: Tag): string | undefined {
    const fd = this.#first ?? this.#open(false);
    this.#first = undefined;
    const error = connectTo(fd, to);
    if (error !== undefined) closeSocket(fd);
    else this.#add(fd, to, tag);
    return error;
  }

  cancel(tag: Tag): void {
    for (const connection of this.#connections)
      if (connection.own === tag && !connection.isEstablished) this.#end(connection);
  }

  close(): void {
    if (this.#listener) {
      this.around.unwatch(this.#listener);
      closeSocket(this.#listener.fd);
    }
    if (this.#first !== undefined) closeSocket(this.#first);
    for (const connection of this.#connections) this.#end(connection);
    this.#listener = undefined;
    this.#first = undefined;
  }

  #open(listens: boolean): number {
    this.around.enter();
    return openTcp(this.around.socket, listens);
  }

  #accept(fd: number): void {
    for (let next = acceptOn(fd); next; next = acceptOn(fd)) this.#add(next.fd, next.peer, undefined);
  }

  #add(fd: number, peer: Endpoint, own: Tag | undefined): void {
    const connection: Connection = new Connection(fd, own, this.around.code, (end) => {
      // It stays open until the socket is closed, without more messages.
      this.around.unwatch(connection);
      const { id } = this.around.socket;
      if ('error' in end) {
        this.#end(connection);
        this.around.hear({ socket: id, own, error: end.error });
      } else this.around.hear({ socket: id, own, from: peer, other: end.other });
    });
    this.#connections.add(connection);
    this.around.watch(connection);
  }

  #end(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.around.unwatch(connection);
    closeSocket(connection.fd);
  }
}
