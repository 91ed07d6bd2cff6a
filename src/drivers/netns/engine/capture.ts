/** tcpdump in machines, one each, for the time of a run. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../../../core/errors.js';
import { monotonic } from '../../../core/monotonic.js';
import type { Captured } from '../../../core/probe.js';
import { LAST_PACKET } from '../../../core/probe.js';
import { count } from '../../../core/text.js';
import { closeSocket, openSocket, sendBytes, sockaddr } from '../../../sys/sockets.js';
import { toolEnv } from '../../../sys/tools.js';
import { boundToCaller } from '../bound.js';
import { end, track } from './children.js';
import { markBytes } from './probe/packets.js';

/**
 * Every interface, no names, a line as soon as there is one, seconds since 1970, the packet in hex; as root all the
 * way, since a user namespace may have no other user to change to.
 */
const TCPDUMP = [
  'tcpdump',
  '-i',
  'any',
  '-n',
  '-l',
  '--immediate-mode',
  '-tt',
  '-x',
  '-s',
  '256',
  '-Z',
  'root',
  'icmp or icmp6 or tcp or udp',
] as const;
/** Milliseconds it takes; on a computer with twenty times too much to do, more than ten seconds were seen. */
const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 3_000;
const DISCARD_PORT = 9;
const OUTPUT_LIMIT = 64 << 20;
const LONGEST_LINE = 200;
const FIRST_SIZE = 16 << 10;

/** The last packet goes over the loopback, which `-i any` sees too. */
const LAST_LINE = /127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.9: UDP, length 16/;

type Running = {
  readonly machine: string;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly output: Growing;
  said: string;
  sawLast: boolean;
};

/** Bytes that come in pieces, up to a limit, in one buffer. */
class Growing {
  #bytes = Buffer.from(new ArrayBuffer(FIRST_SIZE));
  #kept = 0;
  /** Of all that came. */
  length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#kept);
  }

  add(piece: Buffer): void {
    this.length += piece.length;
    if (this.length > OUTPUT_LIMIT) return;
    if (this.length > this.#bytes.length) this.#resize(2 * this.length);
    this.#kept += piece.copy(this.#bytes, this.#kept);
  }

  /** Alone in its memory, so that it can be another thread's. */
  handOn(): Uint8Array<ArrayBuffer> {
    this.#resize(this.#kept);
    return new Uint8Array(this.#bytes.buffer);
  }

  #resize(size: number): void {
    const bytes = Buffer.from(new ArrayBuffer(size));
    this.bytes.copy(bytes);
    this.#bytes = bytes;
  }
}

export class Captures {
  readonly #running: Running[] = [];

  constructor(
    readonly enter: (machine: string) => void,
    readonly run: number,
  ) {}

  /** Resolves when each of them is listening or has failed. */
  async start(machines: readonly string[]): Promise<void> {
    await Promise.all(machines.map((machine) => this.#startOne(machine)));
  }

  async stop(): Promise<Captured[]> {
    this.#sendLast();
    const until = monotonic() + STOP_TIMEOUT;
    const isWaiting = ({ sawLast, child }: Running): boolean => !sawLast && child.exitCode === null;
    while (this.#running.some(isWaiting) && monotonic() < until) await sleep(2);
    const running = this.#running.splice(0);
    await Promise.all(running.map(({ child }) => finish(child)));
    return running.map(capturedBy);
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map(({ child }) => end(child)));
  }

  async #startOne(machine: string): Promise<void> {
    this.enter(machine);
    const [program, ...rest] = boundToCaller();
    const child = track(
      spawn(program, [...rest, ...TCPDUMP], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: '/',
        env: toolEnv(),
      }),
    );
    const one: Running = { machine, child, output: new Growing(), said: '', sawLast: false };
    this.#running.push(one);
    child.stdout.on('data', (chunk: Buffer) => {
      // The line may have come in two chunks.
      const ending = one.output.bytes.subarray(-LONGEST_LINE);
      one.sawLast ||= LAST_LINE.test(`${ending.toString('latin1')}${chunk.toString('latin1')}`);
      one.output.add(chunk);
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(failure('command-failed', `${machine}: tcpdump does not start`)),
        START_TIMEOUT,
      );
      const settle = (): void => {
        clearTimeout(timer);
        resolve();
      };
      child.stderr.setEncoding('latin1').on('data', (chunk: string) => {
        one.said += chunk;
        if (one.said.includes('listening on')) settle();
      });
      child.on('error', reject).on('close', settle);
    });
  }

  /** A packet of the machine to itself, behind all others: who has seen it has seen them. */
  #sendLast(): void {
    const to = sockaddr({ address: '127.0.0.1', port: DISCARD_PORT });
    for (const { machine } of this.#running) {
      this.enter(machine);
      const fd = openSocket('udp', 4);
      sendBytes(fd, markBytes({ run: this.run, id: LAST_PACKET, sequence: 0 }), to);
      closeSocket(fd);
    }
  }
}

/** On an interrupt tcpdump says how much it saw, and how much it missed. */
async function finish(child: Running['child']): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
  if (child.exitCode === null && child.signalCode === null) await ended;
  clearTimeout(timer);
}

function capturedBy({ machine, output, said, sawLast }: Running): Captured {
  const dropped = Number(/(\d+) packets dropped by kernel/.exec(said)?.[1] ?? 0);
  const error = captureError(sawLast, dropped, output.length, said);
  return {
    machine,
    output: output.handOn(),
    complete: error === undefined,
    ...(error !== undefined && { error }),
  };
}

function captureError(sawLast: boolean, dropped: number, length: number, said: string): string | undefined {
  if (length >= OUTPUT_LIMIT) return 'it saw more than fits in memory';
  if (dropped > 0) return `the kernel dropped ${count(dropped, 'packet')} before tcpdump saw them`;
  return sawLast ? undefined : (said.trim().split('\n').at(-1) ?? 'tcpdump said nothing');
}
