/** The capture button: one capture at a time. All pages show its lines as they come, and its packets can be downloaded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.js';
import type { CaptureRequest, WireCapture, WireLines } from '../../page/wire.js';
import type { Lab } from '../lab.js';
import type { Say } from './hub.js';

/** The most packets of a capture. */
const MOST_PACKETS = 100_000;
/** Milliseconds between two batches of lines, and the most lines of a batch. */
const BUNDLE = 150;
const MOST_LINES = 200;
/** Lines that are kept for pages that are opened later. */
const MOST_RECENT = 500;

const NOTHING: WireCapture = { state: 'none', places: [], filter: '', packets: 0 };

export class Capturing {
  state: WireCapture = NOTHING;
  #folder: string | undefined;
  #count = 0;
  #stop: () => void = () => undefined;
  #over: Promise<void> = Promise.resolve();
  #lines: string[] = [];
  #omitted = 0;
  #recent: readonly string[] = [];

  constructor(
    private readonly open: () => Promise<Lab>,
    private readonly say: Say,
  ) {}

  get recent(): WireLines {
    return { lines: this.#recent, omitted: 0, isAll: true };
  }

  get isRunning(): boolean {
    return this.state.state === 'starting' || this.state.state === 'running';
  }

  /**
   * Resolves when the capture has started.
   * @throws LabnetError exit code 2 for wrong requests
   */
  async start({ places, filter }: CaptureRequest): Promise<void> {
    this.#recent = [];
    this.#set({ state: 'starting', places, filter, packets: 0 });
    try {
      const lab = await this.open();
      const name = `capture-${++this.#count}.pcapng`;
      await new Promise<void>((begun, failed) => {
        const run = this.#run(lab, name, begun);
        run.catch(failed);
        this.#over = this.#finish(run, name);
      });
    } catch (error) {
      this.#set({ ...this.state, state: 'failed', message: messageOf(error) });
      throw error;
    }
  }

  /** Resolves when the packets can be downloaded. */
  async stop(): Promise<void> {
    this.#stop();
    await this.#over;
  }

  /** The file that is called so on the page. */
  pathOf(name: string): string | undefined {
    return this.#folder !== undefined && this.state.file === name ? join(this.#folder, name) : undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The lines begin after the packets and end before them, so that each line's packet is in the file. */
  async #run(lab: Lab, name: string, begun: () => void): Promise<number> {
    this.#folder ??= mkdtempSync(join(tmpdir(), `labnet-watch-${process.pid}-`));
    const { places, filter } = this.state;
    const [file, text] = [new AbortController(), new AbortController()];
    this.#stop = () => text.abort();
    const bundles = setInterval(() => this.#sayLines(), BUNDLE);
    let reading: Promise<unknown> = Promise.resolve();
    const read = (): void => {
      const onStart = (): void => {
        this.#set({ ...this.state, state: 'running' });
        begun();
      };
      reading = lab.capture({
        places,
        filter,
        signal: text.signal,
        onStart,
        onLine: (line) => this.#add(line),
      });
      reading.then(
        () => file.abort(),
        () => file.abort(),
      );
    };
    try {
      const { packets } = await lab.capture({
        ...{ places, filter, signal: file.signal, count: MOST_PACKETS, onStart: read },
        file: join(this.#folder, name),
      });
      text.abort();
      await reading;
      return packets;
    } finally {
      text.abort();
      clearInterval(bundles);
      this.#sayLines();
      await lab.close();
    }
  }

  async #finish(run: Promise<number>, file: string): Promise<void> {
    try {
      const packets = await run;
      const message =
        packets >= MOST_PACKETS ? `it ended by itself after ${MOST_PACKETS} packets` : undefined;
      this.#set({ ...this.state, state: 'done', packets, file, ...(message !== undefined && { message }) });
    } catch (error) {
      this.#set({ ...this.state, state: 'failed', message: messageOf(error) });
    }
  }

  #add(line: string): void {
    if (/\d\d:\d\d:\d\d\.\d{6} /.test(line)) this.state = { ...this.state, packets: this.state.packets + 1 };
    if (this.#lines.length < MOST_LINES) this.#lines.push(line);
    else this.#omitted++;
  }

  #sayLines(): void {
    if (this.#lines.length === 0) return;
    const [lines, omitted] = [this.#lines, this.#omitted];
    [this.#lines, this.#omitted] = [[], 0];
    this.#recent = [...this.#recent, ...lines].slice(-MOST_RECENT);
    this.say('lines', { lines, omitted, isAll: false });
    this.say('capture', this.state);
  }

  #set(state: WireCapture): void {
    this.state = state;
    this.say('capture', state);
  }
}
