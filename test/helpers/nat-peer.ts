/** Sockets in a machine of a lab, of a program that shares nothing with labnet's own probes: nat-peer.pl. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterArgv, machineEnv } from '../../src/drivers/netns/enter.js';
import { writeHosts } from '../../src/drivers/netns/hosts.js';
import type { Lab as Model } from '../../src/model/lab.js';
import { canUnshare } from '../../src/sys/capabilities.js';
import { throughFd } from '../../src/sys/process.js';
import { pathTo } from './topologies.js';

export type Endpoint = { readonly address: string; readonly port: number };
export type Event =
  | { readonly what: 'got'; readonly socket: string; readonly from: Endpoint; readonly text: string }
  | { readonly what: 'fail'; readonly socket: string; readonly error: string };

/** A socket, and the machine that it is in. */
export type Spot = { readonly peer: Peer; readonly socket: string; readonly at: Endpoint };

const LONG_ENOUGH = 4_000;
/** To start perl, where many labs come up at once. */
const ANSWERS_WITHIN = 20_000;
const AGAIN = 150;

let texts = 0;
/** Tells one message from all others. */
export const newText = (): string => `message${(texts += 1)}`;

export class Peer {
  readonly events: Event[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Set<() => void>();
  #sockets = 0;
  #done = 0;
  #asked = 0;

  /** @param holder the lab's process */
  constructor(
    lab: Model,
    holder: number,
    readonly machine: string,
  ) {
    const fd = openSync(`/proc/${holder}`, 'r');
    writeHosts(lab, throughFd(fd), machine);
    const [program, ...argv] = enterArgv(machine, '/', !canUnshare());
    this.#child = spawn(program, [...argv, 'perl', pathTo('test/helpers/nat-peer.pl')], {
      env: machineEnv(process.env, lab.name, machine),
      stdio: ['pipe', 'pipe', 'inherit', fd],
    }) as ChildProcessByStdio<Writable, Readable, null>;
    closeSync(fd);
    createInterface(this.#child.stdout).on('line', (line) => this.#hear(line.split(' ')));
    // A write after its end is answered by the end of waiting.
    this.#child.stdin.on('error', () => undefined);
  }

  #hear([what, socket = '', ...rest]: readonly string[]): void {
    const [first = '', port = '', text = ''] = rest;
    if (what === 'done') this.#done += 1;
    else if (what === 'fail') this.events.push({ what, socket, error: first });
    else this.events.push({ what: 'got', socket, from: { address: first, port: Number(port) }, text });
    for (const wake of this.#waiting) wake();
  }

  /** Carried out when it returns. */
  async say(...words: readonly (string | number)[]): Promise<void> {
    this.#child.stdin.write(`${words.join(' ')}\n`);
    const turn = (this.#asked += 1);
    const isDone = await this.until(() => (this.#done >= turn ? true : undefined), ANSWERS_WITHIN);
    if (!isDone) throw new Error(`${this.machine} does not answer: ${words.join(' ')}`);
  }

  async #open(what: 'udp' | 'listen', address: string, port: number): Promise<Spot> {
    const socket = `s${(this.#sockets += 1)}`;
    await this.say(what, socket, address, port);
    return { peer: this, socket, at: { address, port } };
  }

  udp(port: number, address = '0.0.0.0'): Promise<Spot> {
    return this.#open('udp', address, port);
  }

  listen(port: number, address = '0.0.0.0'): Promise<Spot> {
    return this.#open('listen', address, port);
  }

  /** A name for a connection to come. */
  name(): string {
    return `c${(this.#sockets += 1)}`;
  }

  /** The first answer that is one, or undefined. */
  async until<T>(look: () => T | undefined, wait = LONG_ENOUGH): Promise<T | undefined> {
    const deadline = performance.now() + wait;
    for (;;) {
      const [found, left] = [look(), deadline - performance.now()];
      if (found !== undefined || left <= 0) return found;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }

  /** Where a message came from. */
  heard(text: string, socket?: string): Endpoint | undefined {
    const found = this.events.find(
      (one) => one.what === 'got' && one.text === text && (socket === undefined || one.socket === socket),
    );
    return found?.what === 'got' ? found.from : undefined;
  }

  errors(socket: string): string[] {
    return this.events.flatMap((one) => (one.what === 'fail' && one.socket === socket ? [one.error] : []));
  }

  async end(): Promise<void> {
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
    const closed = isOver ? undefined : once(this.#child, 'close');
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await closed;
    clearTimeout(timer);
  }
}

/** One datagram; its text. */
export async function send({ peer, socket }: Spot, to: Endpoint): Promise<string> {
  const text = newText();
  await peer.say('send', socket, to.address, to.port, text);
  return text;
}

/** Datagrams until one arrives: as which endpoint it is seen there, or undefined. */
export async function reach(from: Spot, to: Spot, by: Endpoint = to.at): Promise<Endpoint | undefined> {
  const tries = Math.ceil(LONG_ENOUGH / AGAIN);
  for (let turn = 0; turn < tries; turn += 1) {
    const text = await send(from, by);
    const seen = await to.peer.until(() => to.peer.heard(text, to.socket), AGAIN);
    if (seen) return seen;
  }
  return undefined;
}

export type Call = {
  readonly name: string;
  readonly text: string;
  /** The caller as the one who was called sees it. */
  readonly seen?: Endpoint;
  /** Whether the answer came back. */
  readonly isUp: boolean;
  readonly close: () => Promise<void>;
};

/** A connection from a port of an address of `from`'s machine, and a message over it both ways. */
export async function call(
  from: { readonly peer: Peer; readonly at: Endpoint },
  to: Spot,
  by: Endpoint = to.at,
  wait = LONG_ENOUGH,
): Promise<Call> {
  const [name, text] = [from.peer.name(), newText()];
  const { address, port } = from.at;
  await from.peer.say('call', name, address, port, by.address, by.port, text);
  const answer = await from.peer.until(
    () => from.peer.heard(text, name) ?? (from.peer.errors(name).length > 0 ? false : undefined),
    wait,
  );
  // Both programs tell of it in their own time.
  const seen = await to.peer.until(() => to.peer.heard(text, to.socket), answer ? LONG_ENOUGH : 0);
  const close = (): Promise<void> => from.peer.say('close', name);
  return { name, text, ...(seen && { seen }), isUp: Boolean(answer), close };
}

/** What must not arrive is given this long, beside what must. */
export const moment = (): Promise<void> => sleep(250);
