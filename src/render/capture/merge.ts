/** Packets of several places in the order of their times, within a window: what comes later than that is late. */

export type Timed = { readonly time: bigint };

export class Merge<T extends Timed> {
  #waiting: { readonly item: T; readonly arrived: number }[] = [];

  /** @param window milliseconds that an item waits for earlier ones */
  constructor(readonly window: number) {}

  get size(): number {
    return this.#waiting.length;
  }

  /** @param now milliseconds, of a clock that never goes back */
  add(items: readonly T[], now: number): void {
    for (const item of items) this.#waiting.push({ item, arrived: now });
  }

  /** What has waited long enough, and what is not later than that; all of it at the end. */
  take(now = Infinity): T[] {
    const due = this.#waiting.filter(({ arrived }) => arrived + this.window <= now);
    const last = due.reduce((latest, { item }) => (item.time > latest ? item.time : latest), -1n);
    const taken = this.#waiting.filter(({ item }) => item.time <= last);
    this.#waiting = this.#waiting.filter(({ item }) => item.time > last);
    return taken.map(({ item }) => item).sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  }
}
