/** The open pages, as streams of server-sent events (HTML Living Standard, section 9.2). */
import type { ServerResponse } from 'node:http';
import type { WireEvents } from '../../page/wire.js';

export type Say = <Name extends keyof WireEvents>(name: Name, data: WireEvents[Name]) => void;

/** The most bytes that wait for a browser that does not read: it is disconnected, reconnects, and gets the whole state. */
const MOST_WAITING = 4 << 20;
/** Milliseconds until a disconnected browser reconnects. */
const RETRY = 1_000;
const MOST_CLIENTS = 64;

export class Hub {
  readonly #clients = new Set<ServerResponse>();

  /** @param onCount called when a page connects or disconnects */
  constructor(private readonly onCount: (clients: number) => void) {}

  get count(): number {
    return this.#clients.size;
  }

  get isFull(): boolean {
    return this.#clients.size >= MOST_CLIENTS;
  }

  /** @param welcome sends the whole state to the new page */
  add(response: ServerResponse, welcome: (say: Say) => void): void {
    response.write(`retry: ${RETRY}\n\n`);
    this.#clients.add(response);
    response.once('close', () => {
      if (this.#clients.delete(response)) this.onCount(this.#clients.size);
    });
    welcome((name, data) => send(response, textOf(name, data)));
    this.onCount(this.#clients.size);
  }

  readonly say: Say = (name, data) => {
    if (this.#clients.size === 0) return;
    const text = textOf(name, data);
    for (const client of this.#clients) send(client, text);
  };

  close(): void {
    for (const client of this.#clients) client.end();
  }
}

function send(client: ServerResponse, text: string): void {
  if (client.writableLength > MOST_WAITING) client.destroy();
  else client.write(text);
}

const textOf = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
