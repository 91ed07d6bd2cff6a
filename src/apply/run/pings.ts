/** What ping(8) of iputils says of each packet, with `-D -O`. */
import { count } from '../../core/text.js';
import type { Done } from './doing.js';

/** `[1700000000.123456] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=63 time=0.110 ms`, and what is said of one that has no answer yet. */
const ANSWER = /^\[(\d+\.\d+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms/;
const NO_ANSWER = /^\[(\d+\.\d+)\] no answer yet for icmp_seq=(\d+)/;

type Ping = { readonly time: number; readonly rtt?: number };

/** Milliseconds in which an answer may still come, for the rows: they are in the order of what was sent. */
const PATIENCE = 5_000;

export class Pings {
  readonly #seen = new Map<number, Ping>();
  /** Of which no row is written yet, in order. */
  readonly #waiting = new Set<number>();
  #latest = 0;
  #rest = '';

  /**
   * @param every milliseconds between two
   * @param since milliseconds since the run began, of a time of the day
   */
  constructor(
    private readonly every: number,
    private readonly since: (time: number) => number,
    private readonly onRow: (row: string) => void,
  ) {}

  /** In pieces, as they come. */
  read(piece: string): void {
    const lines = `${this.#rest}${piece}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    this.#write(PATIENCE);
  }

  /** A late answer counts as one: it comes after the line that says that there was none yet. */
  #line(line: string): void {
    const [, at, sequence = '', rtt] = ANSWER.exec(line) ?? NO_ANSWER.exec(line) ?? [];
    if (at === undefined) return;
    const number = Number(sequence);
    const known = this.#seen.get(number);
    // A second answer to the same is none.
    if (known?.rtt !== undefined) return;
    // When it was sent, which is what a series is about.
    const time = this.since(Number(at) * 1_000) - Number(rtt ?? this.every);
    this.#seen.set(number, { time, ...(rtt !== undefined && { rtt: Number(rtt) }) });
    if (!known) this.#waiting.add(number);
    this.#latest = Math.max(this.#latest, time);
  }

  /** What is answered, or was sent so long ago that it will not be. */
  #write(patience: number): void {
    for (const sequence of this.#waiting) {
      const { time, rtt } = this.#seen.get(sequence) ?? { time: 0 };
      if (rtt === undefined && this.#latest - time < patience) return;
      this.#waiting.delete(sequence);
      this.onRow(`${time.toFixed(3)},${sequence},${rtt ?? ''}\n`);
    }
  }

  /** Round trips in milliseconds, and the share of those that had no answer. */
  done(): Done {
    this.#write(0);
    const all = [...this.#seen.values()];
    const answered = all.flatMap(({ time, rtt }) => (rtt === undefined ? [] : [{ time, rtt }]));
    if (all.length === 0) return { status: 'pass', detail: 'no values' };
    const loss = (100 * (all.length - answered.length)) / all.length;
    const rtt = {
      unit: 'ms',
      values: answered.map((one) => one.rtt),
      times: answered.map(({ time }) => time),
      missing: all.flatMap(({ time, rtt: found }) => (found === undefined ? [time] : [])),
    };
    return {
      status: 'pass',
      detail: `${count(all.length, 'value')}, ${answered.length} answered`,
      measured: {
        ...(answered.length > 0 && { rtt }),
        loss: { unit: '%', values: [Number(loss.toFixed(3))] },
      },
    };
  }
}
