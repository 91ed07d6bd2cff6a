/** Traces rules in several machines, from before the probe until after it. */
import { monotonic } from '../../core/monotonic.js';
import type { Piped } from '../../transport/piped.js';
import { startPiped } from '../../transport/piped.js';
import type { Enter } from '../capture/run.js';
import { sawLast, watchArgv } from './watch-rules.js';

/** Milliseconds. */
const START = 20_000;
const LAST = 3_000;
const STOP = 5_000;
const OUTPUT_LIMIT = 16 << 20;
const TICK = 5;

export type Watched = {
  readonly machine: string;
  readonly text: string;
  /** Why the trace is incomplete. */
  readonly trouble?: string;
};

export class RuleWatcher {
  readonly #watches: readonly Watch[];

  private constructor(watches: readonly Watch[]) {
    this.#watches = watches;
  }

  /** Resolves when each of them listens or has failed. */
  static async start(enter: Enter, machines: readonly string[], run: number): Promise<RuleWatcher> {
    const argv = watchArgv(run);
    const watches = await Promise.all(
      machines.map(async (machine) => new Watch(machine, run, startPiped(await enter(machine, argv)))),
    );
    await Promise.all(watches.map((one) => one.ready()));
    return new RuleWatcher(watches);
  }

  /** Waits for the kernel's remaining messages. */
  async stop(): Promise<Watched[]> {
    const until = monotonic() + LAST;
    while (this.#watches.some((one) => one.isBehind()) && monotonic() < until) await after(TICK).due;
    return Promise.all(this.#watches.map((one) => one.stop()));
  }
}

class Watch {
  #text = '';
  #isOver = false;

  constructor(
    readonly machine: string,
    readonly run: number,
    readonly process: Piped,
  ) {
    process.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (this.#text.length < OUTPUT_LIMIT) this.#text += chunk;
    });
    void process.ended.then(() => (this.#isOver = true));
  }

  get #listens(): boolean {
    return this.process.said().includes('watching rules');
  }

  async ready(): Promise<void> {
    const listens = new Promise<void>((resolve) =>
      this.process.onSaid(() => {
        if (this.#listens) resolve();
      }),
    );
    const late = after(START);
    await Promise.race([listens, this.process.ended, late.due]);
    late.cancel();
  }

  isBehind(): boolean {
    return this.#listens && !this.#isOver && !sawLast(this.#text, this.run);
  }

  async stop(): Promise<Watched> {
    const trouble = this.#trouble();
    this.process.stdin.end();
    const late = after(STOP);
    await Promise.race([this.process.ended, late.due]);
    late.cancel();
    this.process.kill();
    return { machine: this.machine, text: this.#text, ...(trouble !== undefined && { trouble }) };
  }

  #trouble(): string | undefined {
    if (!this.#listens) return this.process.said().trim().split('\n').at(-1) ?? 'nft said nothing';
    return sawLast(this.#text, this.run) ? undefined : 'nft did not come to the end of it';
  }
}

function after(milliseconds: number): { readonly due: Promise<void>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return { due, cancel: () => clearTimeout(timer) };
}
