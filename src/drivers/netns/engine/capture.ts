/** tcpdump in machines, one each, for the time of a run. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../../../core/errors.js';
import type { Captured } from '../../../core/probe.js';
import { LAST_PACKET } from '../../../core/probe.js';
import { closeSocket, openSocket, sendBytes, sockaddr } from '../../../sys/sockets.js';
import { toolEnv } from '../../../sys/tools.js';
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
const START_TIMEOUT = 10_000;
const STOP_TIMEOUT = 3_000;
const DISCARD_PORT = 9;
const OUTPUT_LIMIT = 64 << 20;

/** The last packet goes over the loopback, which `-i any` sees too. */
const LAST_LINE = /127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.9: UDP, length 16/;

type Running = {
  readonly machine: string;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  text: string;
  said: string;
  sawLast: boolean;
};

export class Captures {
  readonly #running: Running[] = [];

  constructor(
    readonly enter: (machine: string) => void,
    readonly run: number,
  ) {}

  /** Resolves when each of them is listening, or has said why it cannot. */
  async start(machines: readonly string[]): Promise<void> {
    await Promise.all(machines.map((machine) => this.#startOne(machine)));
  }

  async stop(): Promise<Captured[]> {
    this.#sendLast();
    const end = performance.now() + STOP_TIMEOUT;
    while (
      this.#running.some(({ sawLast, child }) => !sawLast && child.exitCode === null) &&
      performance.now() < end
    )
      await sleep(2);
    const captured = this.#running.map(({ machine, text, said, sawLast }): Captured => ({
      machine,
      text,
      complete: sawLast,
      ...(!sawLast && { error: lastLine(said) }),
    }));
    await this.close();
    return captured;
  }

  async close(): Promise<void> {
    const running = this.#running.splice(0);
    await Promise.all(running.map(({ child }) => end(child)));
  }

  async #startOne(machine: string): Promise<void> {
    this.enter(machine);
    const child = track(
      spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...TCPDUMP], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: '/',
        env: toolEnv(),
      }),
    );
    const one: Running = { machine, child, text: '', said: '', sawLast: false };
    this.#running.push(one);
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      if (one.text.length < OUTPUT_LIMIT) one.text += chunk;
      // The line may have come in two chunks.
      one.sawLast ||= LAST_LINE.test(one.text.slice(-chunk.length - 200));
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

const lastLine = (said: string): string => said.trim().split('\n').at(-1) ?? 'tcpdump said nothing';
