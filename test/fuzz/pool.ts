/** Threads that judge inputs, with a bound for memory, and watched: none may take longer than a second over one of them. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Tally } from './tally.js';

export type Finding = {
  readonly told: 'finding';
  readonly number: number;
  readonly text: string;
  readonly what: string;
};
export type Counted = { readonly told: 'tally'; readonly tally: Tally };
export type Told =
  Finding | Counted | { readonly told: 'thread'; readonly thread: string } | { readonly told: 'done' };
export type Work =
  | {
      readonly do: 'run';
      readonly seed: number;
      readonly from: number;
      readonly to: number;
      /** One lab in so many is planned and rendered, too. */
      readonly share: number;
    }
  | { readonly do: 'judge'; readonly text: string }
  /** What no input should ever do; for the tests of the watch. */
  | { readonly do: 'suffer'; readonly what: 'forever' | 'everything' };
export type WorkerData = {
  /** The number of the input, counted from 1, and what is being done with it; 0 for none. */
  readonly clock: Int32Array;
  readonly baseDir: string;
};

export const PHASES = [
  '',
  'reading',
  'understanding',
  'saying',
  'planning',
  'drawing',
  'rendering for netns',
  'rendering for ssh',
  'rendering for vagrant',
] as const;
export type Phase = (typeof PHASES)[number];

/** An input that a thread did not survive. */
export type Death = { readonly number: number; readonly what: string };

/** Of computing; milliseconds. */
const LONGEST = 1_000;
/** Of waiting for something: on a busy computer also for the threads that clean up memory. */
const LONGEST_SLEEP = 15_000;
const TICK = 50;
/** Of a clock tick of /proc (USER_HZ), which is the same on all that labnet runs on. */
const JIFFY = 10;
/** Megabytes: some more than what the parser makes of the largest file it takes. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 1 } as const;

export class JudgeThread {
  readonly #clock = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;
  readonly #hear: (told: Finding | Counted) => void;
  readonly #started: Promise<void>;
  #thread = '';
  #finished: (death?: Death) => void = () => undefined;

  constructor(baseDir: string, hear: (told: Finding | Counted) => void) {
    this.#hear = hear;
    const workerData: WorkerData = { clock: this.#clock, baseDir };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      resourceLimits: MEMORY,
    });
    // A thread that cannot even start is nobody's input.
    this.#started = new Promise((resolve, reject) => {
      this.#worker.once('message', () => resolve());
      this.#worker.once('error', reject);
    });
    this.#started.catch(() => undefined);
    this.#worker.on('message', (told: Told) => this.#told(told));
    this.#worker.on('exit', (code) => this.#end(`the thread ended with ${code}`));
    this.#worker.on('error', (error: NodeJS.ErrnoException) =>
      this.#end(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? 'more memory than there is for one'
          : `the thread ended: ${error.message}`,
      ),
    );
  }

  /**
   * @returns the input that ended the thread, which is of no use then
   * @throws what keeps the thread from starting
   */
  async carryOut(work: Work): Promise<Death | undefined> {
    await this.#started;
    const watch = setInterval(this.#watcher(), TICK);
    try {
      return await new Promise<Death | undefined>((resolve) => {
        this.#finished = resolve;
        this.#worker.postMessage(work);
      });
    } finally {
      clearInterval(watch);
    }
  }

  /** A thread that is inside of something that cannot be interrupted is left to itself. */
  async end(): Promise<void> {
    const patience = new AbortController();
    const late = sleep(LONGEST, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.#worker.terminate(), late]);
    patience.abort();
    this.#worker.unref();
  }

  #told(told: Told): void {
    if (told.told === 'thread') this.#thread = basename(told.thread);
    else if (told.told === 'done') this.#finished();
    else this.#hear(told);
  }

  #end(what: string): void {
    const [number = 0, phase = 0] = this.#clock;
    this.#finished({ number: number - 1, what: `${what} (${PHASES[phase] ?? ''})` });
  }

  /** A thread that is kept from its work by others is not slow: its own time is counted, and that in which it sleeps. */
  #watcher(): () => void {
    let at = { number: 0, used: 0, asleep: 0 };
    return () => {
      const [number = 0] = this.#clock;
      if (number === 0 || this.#thread === '') return;
      const { used, isAsleep } = timeOf(this.#thread);
      if (number !== at.number) at = { number, used, asleep: 0 };
      if (isAsleep) at.asleep += TICK;
      if (used - at.used <= LONGEST && at.asleep <= LONGEST_SLEEP) return;
      this.#end('more than a second');
      void this.end();
    };
  }
}

/** proc(5): the state is the first field behind the name, the times in user and kernel mode the 12th and 13th. */
function timeOf(thread: string): { readonly used: number; readonly isAsleep: boolean } {
  const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return { used: (Number(fields[11]) + Number(fields[12])) * JIFFY, isAsleep: fields[0] !== 'R' };
}
