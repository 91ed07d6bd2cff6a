/** tcpdump at one place, from its start to its end. */
import type { Buffer } from 'node:buffer';
import { failure } from '../../core/errors.js';
import type { PcapHeader, PcapPacket } from '../../render/capture/pcap.js';
import { PcapReader } from '../../render/capture/pcap.js';
import type { LocalCommand, Piped } from '../../transport/piped.js';
import { startPiped } from '../../transport/piped.js';
import type { CapturePlace } from './places.js';
import type { CaptureMode } from './tcpdump.js';
import { countsOf, isListening, troubleOf } from './tcpdump.js';

/** Milliseconds until the first line, which takes a while on a busy computer. */
const START = 30_000;
const STOP = 5_000;
const NOT_FOUND = 127;

/** A packet, or a line of text about one; the time is in nanoseconds since 1970, for lines since midnight. */
export type Item = PcapPacket | { readonly time: bigint; readonly line: string; readonly isMore: boolean };

const TIME = /^(\d\d):(\d\d):(\d\d)\.(\d{6}) /;

export class Tap {
  /** Packets that were passed on. */
  passed = 0;
  readonly #process: Piped;
  readonly #reader = new PcapReader();
  #line = '';
  #time = 0n;
  #isStopping = false;
  /** An error text for output that is no capture. */
  #trouble: string | undefined;

  constructor(
    readonly place: CapturePlace,
    command: LocalCommand,
    readonly mode: CaptureMode,
    private readonly seen: (tap: Tap, items: readonly Item[]) => void,
  ) {
    this.#process = startPiped(command);
    this.#process.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  get header(): PcapHeader | undefined {
    return this.#reader.header;
  }

  get dropped(): number {
    return countsOf(this.#process.said()).dropped;
  }

  /** Resolves when the capture has started. @throws LabnetError capture-failed, tool-missing */
  async ready(): Promise<void> {
    const isReady = (): boolean =>
      isListening(this.#process.said()) && (this.mode === 'text' || this.header !== undefined);
    const listens = new Promise<void>((resolve) => {
      const check = (): void => {
        if (isReady()) resolve();
      };
      this.#process.onSaid(check);
      this.#process.stdout.on('data', check);
    });
    const late = after(START);
    await Promise.race([listens, this.#process.ended, late.due]);
    late.cancel();
    if (!isReady()) throw await this.#failed();
  }

  /** Resolves when tcpdump has ended unexpectedly. */
  async broke(): Promise<Error> {
    await this.#process.ended;
    return this.#isStopping ? new Promise(() => undefined) : this.#failed();
  }

  pause(): void {
    this.#process.stdout.pause();
  }

  resume(): void {
    this.#process.stdout.resume();
  }

  /** Ends it in a way that makes it print how many packets it missed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.resume();
    this.#process.stdin.end();
    const late = after(STOP);
    await Promise.race([this.#process.ended, late.due]);
    late.cancel();
    this.#process.kill();
    if (this.#line !== '') this.seen(this, [this.#itemOf(this.#line)]);
  }

  #read(chunk: Buffer): void {
    if (this.mode === 'text') {
      const lines = `${this.#line}${chunk.toString('utf8')}`.split('\n');
      this.#line = lines.pop() ?? '';
      this.seen(
        this,
        lines.filter((line) => line !== '').map((line) => this.#itemOf(line)),
      );
      return;
    }
    if (this.#trouble !== undefined) return;
    try {
      this.seen(this, this.#reader.push(chunk));
    } catch (error) {
      this.#trouble = `it wrote what is no capture (${error instanceof Error ? error.message : ''})`;
      this.#process.kill();
    }
  }

  #itemOf(line: string): Item {
    const [, hours, minutes, seconds, micro] = TIME.exec(line) ?? [];
    const isMore = hours === undefined;
    if (!isMore)
      this.#time =
        (BigInt(hours) * 3600n + BigInt(minutes ?? 0) * 60n + BigInt(seconds ?? 0)) * 1_000_000_000n +
        BigInt(micro ?? 0) * 1000n;
    return { time: this.#time, line, isMore };
  }

  async #failed(): Promise<Error> {
    const late = after(0);
    const ended = await Promise.race([this.#process.ended, late.due]);
    late.cancel();
    const { machine, text } = this.place;
    if (ended?.exitCode === NOT_FOUND || ended?.error === 'ENOENT')
      return failure(
        'tool-missing',
        `${machine} has no tcpdump`,
        "install it there: 'apt-get install tcpdump'",
      );
    const said = troubleOf(this.#process.said());
    return failure(
      'capture-failed',
      `${text}: ${this.#trouble ?? (ended ? `tcpdump ended: ${said}` : 'tcpdump does not start')}`,
      `'labnet exec ${machine} -- tcpdump -D' shows what can be captured there`,
    );
  }
}

function after(milliseconds: number): { readonly due: Promise<undefined>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  return { due, cancel: () => clearTimeout(timer) };
}
