/** What `ping -D` said, echo by echo (ping(8) of iputils), and what of it is of a window of time. */

export type Echo = {
  readonly sequence: number;
  /** Milliseconds since 1970 when the request went. */
  readonly sent: number;
  /** Milliseconds there and back. */
  readonly trip: number;
};
export type Pings = { readonly echoes: readonly Echo[]; readonly duplicates: number };

const LINE = /^\[([\d.]+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms( \(DUP!\))?/gm;

export function readPings(text: string): Pings {
  const all = [...text.matchAll(LINE)];
  const echoes = all
    .filter(([, , , , duplicate]) => duplicate === undefined)
    .map(([, time, sequence, trip]): Echo => ({
      sequence: Number(sequence),
      sent: Number(time) * 1_000 - Number(trip),
      trip: Number(trip),
    }));
  return { echoes, duplicates: all.length - echoes.length };
}

export type Seen = {
  /** Milliseconds; NaN where nothing was answered. */
  readonly median: number;
  readonly answered: number;
  /** Requests between the first and the last that were answered, and how many of them were not. */
  readonly between: number;
  readonly lost: number;
};

/** Of the echoes that went after `from` and were back before `to`. */
export function seenBetween({ echoes }: Pings, from: number, to: number): Seen {
  const own = echoes.filter(({ sent, trip }) => sent >= from && sent + trip <= to);
  const numbers = own.map(({ sequence }) => sequence);
  const between = Math.max(0, Math.max(...numbers) - Math.min(...numbers) - 1);
  const answered = own.length;
  const lost = Math.max(0, between - Math.max(0, answered - 2));
  return { median: median(own.map(({ trip }) => trip)), answered, between, lost };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
