/** A capture at one or more places, from its start to its end. */
import { Buffer } from 'node:buffer';
import { monotonic } from '../../core/monotonic.js';
import type { Lab } from '../../model/lab.js';
import { Merge } from '../../render/capture/merge.js';
import type { LocalCommand } from '../../transport/piped.js';
import { startPiped } from '../../transport/piped.js';
import type { Sink } from '../../transport/sink.js';
import { filterError } from './filter.js';
import type { FileFormat } from './output.js';
import type { CapturePlace } from './places.js';
import type { Item } from './tap.js';
import { Tap } from './tap.js';
import { captureArgv, filterArgv, troubleOf } from './tcpdump.js';

/** A program in a machine, as a command line of this computer. */
export type Enter = (machine: string, argv: readonly string[]) => Promise<LocalCommand>;

export type CaptureRun = {
  readonly lab: Lab;
  readonly places: readonly CapturePlace[];
  readonly filter: string;
  readonly count: number;
  /** Milliseconds; 0 for no end. */
  readonly duration: number;
  readonly signal: AbortSignal;
  /** As lines of text, or as records of a file. */
  readonly to:
    { readonly line: (line: string) => void } | { readonly sink: Sink; readonly format: FileFormat };
  readonly onStart: () => void;
};

export type CapturedAt = {
  readonly place: string;
  readonly machine: string;
  readonly segment?: string;
  readonly packets: number;
  readonly dropped: number;
};

/** Milliseconds between two writes; so long packets of one place wait for earlier ones of another. */
const WINDOW = 200;
const TICK = 50;
/** The most packets that wait to be written; reading pauses then. */
const MOST_WAITING = 20_000;

/** @throws LabnetError capture-filter, with exit code 2, before anything has started */
export async function checkFilter(
  enter: Enter,
  places: readonly CapturePlace[],
  filter: string,
  names: readonly string[],
): Promise<void> {
  if (filter === '') return;
  // Once for each link type.
  const kinds = new Map(places.map((place) => [place.address === undefined, place]));
  for (const place of kinds.values()) {
    const tcpdump = startPiped(await enter(place.machine, filterArgv(place, filter)));
    tcpdump.stdin.end();
    tcpdump.stdout.resume();
    const timer = setTimeout(() => tcpdump.kill(), COMPILING);
    const { exitCode } = await tcpdump.ended;
    clearTimeout(timer);
    if (exitCode !== 0 && tcpdump.said().includes('tcpdump:'))
      throw filterError(filter, troubleOf(tcpdump.said()), names);
  }
}
/** Milliseconds: the look-up of a name in a filter may take long. */
const COMPILING = 30_000;

export async function runCapture(enter: Enter, run: CaptureRun): Promise<readonly CapturedAt[]> {
  const capture = new Capture(run);
  try {
    await capture.start(enter);
    run.onStart();
    await capture.untilEnough();
  } finally {
    await capture.stop();
  }
  return capture.result();
}

type Seen = Item & { readonly index: number };

class Capture {
  #taps: Tap[] = [];
  readonly #merge: Merge<Seen>;
  #left: number;
  #last = 0n;
  #hasBegun = false;
  #enough = (): void => undefined;
  readonly #isEnough = new Promise<void>((resolve) => (this.#enough = resolve));

  constructor(private readonly run: CaptureRun) {
    this.#left = run.count;
    this.#merge = new Merge(run.places.length > 1 ? WINDOW : 0);
  }

  async start(enter: Enter): Promise<void> {
    const { places, filter, to } = this.run;
    const mode = 'sink' in to ? 'packets' : 'text';
    const commands = await Promise.all(
      places.map((place) => enter(place.machine, captureArgv(place, mode, filter))),
    );
    const seen = (tap: Tap, items: readonly Item[]): void => {
      const index = this.#taps.indexOf(tap);
      this.#merge.add(
        items.map((item) => ({ ...item, index })),
        monotonic(),
      );
      if (this.#merge.size > MOST_WAITING) for (const one of this.#taps) one.pause();
    };
    this.#taps = commands.flatMap((command, index) => {
      const place = places[index];
      return place ? [new Tap(place, command, mode, seen)] : [];
    });
    await Promise.all(this.#taps.map((tap) => tap.ready()));
    if ('sink' in to) await to.sink.write(to.format.begin(this.#taps));
    this.#hasBegun = true;
  }

  /** Ends when it is stopped, at its time or count, when the reader is gone, or when a place has failed. */
  async untilEnough(): Promise<void> {
    const { signal, duration } = this.run;
    signal.addEventListener('abort', this.#enough);
    const timer = duration > 0 ? setTimeout(this.#enough, duration) : undefined;
    let isOver = false;
    const over = this.#isEnough.then(() => (isOver = true));
    if (signal.aborted || this.#left === 0) this.#enough();
    try {
      const broken = Promise.race(this.#taps.map(async (tap) => Promise.reject(await tap.broke())));
      await Promise.race([over, broken, this.#pump(() => isOver)]);
    } finally {
      clearTimeout(timer);
      this.#enough();
    }
  }

  /** Writes the packets that were seen, even where a place has failed. */
  async stop(): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap.stop()));
    const { to } = this.run;
    if (!this.#hasBegun) return;
    await this.#writing;
    const isRead = await this.#write(this.#merge.take());
    if (isRead && 'sink' in to) await to.sink.write(to.format.end(this.#taps, this.#last));
  }

  result(): CapturedAt[] {
    return this.#taps.map(({ place, passed, dropped }) => {
      const { text, machine, segment } = place;
      return { place: text, machine, ...(segment !== undefined && { segment }), packets: passed, dropped };
    });
  }

  #writing: Promise<unknown> = Promise.resolve();

  async #pump(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await new Promise((resolve) => setTimeout(resolve, TICK));
      const due = this.#merge.size > MOST_WAITING ? this.#merge.take() : this.#merge.take(monotonic());
      const writing = this.#write(due);
      this.#writing = writing.catch(() => undefined);
      if (!(await writing)) return;
      for (const tap of this.#taps) tap.resume();
    }
  }

  /** False where the reader is gone. */
  async #write(items: readonly Seen[]): Promise<boolean> {
    const { to } = this.run;
    const wanted = items.filter((item) => this.#counts(item));
    if ('line' in to) for (const item of wanted) to.line(this.#shown(item));
    if (this.#left === 0) this.#enough();
    if (!('sink' in to) || wanted.length === 0) return true;
    const blocks = wanted.flatMap((item) => ('data' in item ? [to.format.packet(item.index, item)] : []));
    return to.sink.write(Buffer.concat(blocks));
  }

  /** Indented lines belong to the packet before them. */
  #counts(item: Seen): boolean {
    const tap = this.#taps[item.index];
    if (!tap || this.#left === 0) return false;
    this.#last = item.time;
    if ('line' in item && item.isMore) return true;
    tap.passed++;
    this.#left--;
    return true;
  }

  #shown(item: Seen): string {
    const text = 'line' in item ? item.line : '';
    const { places } = this.run;
    const width = Math.max(...places.map((place) => place.text.length));
    return places.length > 1 ? `${(places[item.index]?.text ?? '').padEnd(width)}  ${text}` : text;
  }
}
