/** A line on the terminal for what takes longer than a second; nothing where there is none. */
import type { Event } from '../core/events.js';

const PATIENCE = 1_000;
const WIDTH = 24;

export class Progress {
  readonly #started = performance.now();
  #isShown = false;

  constructor(readonly isQuiet: boolean) {}

  show(event: Event): void {
    if (event.kind === 'machine') {
      this.#showMachine(event);
      return;
    }
    if (event.kind !== 'progress') return;
    const { phase, done, total } = event;
    if (this.isQuiet || !process.stderr.isTTY || performance.now() - this.#started < PATIENCE) return;
    const filled = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
    process.stderr.write(
      `\r\u001b[K${'━'.repeat(filled)}${'╌'.repeat(WIDTH - filled)} ${phase} ${done}/${total}`,
    );
    this.#isShown = true;
  }

  /** One line for all of them: what was said last. */
  #showMachine({ machine, text }: Extract<Event, { kind: 'machine' }>): void {
    if (this.isQuiet || !process.stderr.isTTY) return;
    const line = `${machine}: ${text}`.slice(0, (process.stderr.columns || 80) - 1);
    process.stderr.write(`\r\u001b[K${line}`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
    this.#isShown = false;
  }
}
