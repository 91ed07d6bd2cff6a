/** The engine's end of the line: a worker's port or a child process's. */
import { parentPort } from 'node:worker_threads';
import type { Reply, Request } from './protocol.js';

/** Whether it is a process of its own, in an ordinary user's user namespace. */
export const isRootless = parentPort === null;

export type Channel = {
  /** @param handedOn memory in the reply that is not copied to another thread, but becomes that one's */
  readonly send: (reply: Reply, handedOn?: readonly ArrayBuffer[]) => void;
  readonly listen: (handle: (request: Request) => void) => void;
};

export function openChannel(): Channel {
  const port = parentPort;
  if (port) {
    return {
      send: (reply, handedOn = []) => port.postMessage(reply, handedOn),
      listen: (handle) => port.on('message', handle),
    };
  }
  // The client is gone: leave nothing behind.
  process.on('disconnect', () => process.exit(1));
  // Ctrl-C reaches the whole terminal; the one who asked decides what it means.
  process.on('SIGINT', () => undefined);
  return { send: (reply) => process.send?.(reply), listen: (handle) => process.on('message', handle) };
}
