/** What ping(8) of iputils says of each packet, with `-D -O`. */
import type { Done } from './doing.js';

/** `[1700000000.123456] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=63 time=0.110 ms`, and what is said of one that has no answer yet. */
const ANSWER = /^\[(\d+\.\d+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms/;
const NO_ANSWER = /^\[(\d+\.\d+)\] no answer yet for icmp_seq=(\d+)/;

type Ping = { readonly time: number; readonly rtt?: number };

export class Pings {
  readonly #seen = new Map<number, Ping>();
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
  }

  /** A late answer counts as one: it comes after the line that says that there was none yet. */
  #line(line: string): void {
    const [, at, sequence = '', rtt] = ANSWER.exec(line) ?? NO_ANSWER.exec(line) ?? [];
    if (at === undefined) return;
    // When it was sent, which is what a series is about.
    const time = this.since(Number(at) * 1_000) - Number(rtt ?? this.every);
    this.#seen.set(Number(sequence), { time, ...(rtt !== undefined && { rtt: Number(rtt) }) });
    this.onRow(`${time.toFixed(3)},${sequence},${rtt ?? ''}\n`);
  }

  /** Round trips in milliseconds, and the share of those that had no answer. */
  done(): Done {
    const all = [...this.#seen.values()];
    const answered = all.flatMap(({ time, rtt }) => (rtt === undefined ? [] : [{ time, rtt }]));
    if (all.length === 0) return { status: 'pass', detail: 'no values' };
    const loss = (100 * (all.length - answered.length)) / all.length;
    const rtt = {
      unit: 'ms',
      values: answered.map((one) => one.rtt),
      times: answered.map(({ time }) => time),
    };
    return {
      status: 'pass',
      detail: `${all.length} values, ${answered.length} answered`,
      measured: {
        ...(answered.length > 0 && { rtt }),
        loss: { unit: '%', values: [Number(loss.toFixed(3))] },
      },
    };
  }
}
