/** Lines on the terminal for what takes longer than a second; nothing where there is none. */
import type { Event } from '../core/events.js';

const PATIENCE = 1_000;
const WIDTH = 24;
/** Of many machines those that said something last. */
const MACHINES = 12;

export class Progress {
  readonly #started = performance.now();
  /** What each machine said last, the latest at the end. */
  readonly #machines = new Map<string, string>();
  #bar = '';
  #shown = 0;

  constructor(readonly isQuiet: boolean) {}

  show(event: Event): void {
    if (this.isQuiet || !process.stderr.isTTY) return;
    if (event.kind === 'machine') {
      this.#machines.delete(event.machine);
      this.#machines.set(event.machine, event.text);
    } else if (event.kind === 'progress') this.#bar = barText(event);
    if (performance.now() - this.#started >= PATIENCE) this.#draw();
  }

  clear(): void {
    if (this.#shown > 0) process.stderr.write(upAndClear(this.#shown));
    this.#shown = 0;
  }

  #draw(): void {
    const said = [...this.#machines].slice(-MACHINES).sort(([a], [b]) => (a < b ? -1 : 1));
    const longest = Math.max(0, ...said.map(([machine]) => machine.length));
    const lines = [
      ...said.map(([machine, text]) => `${machine.padEnd(longest)}  ${text}`),
      ...(this.#bar === '' ? [] : [this.#bar]),
    ];
    const room = (process.stderr.columns || 80) - 1;
    this.clear();
    process.stderr.write(lines.map((line) => `${printable(line).slice(0, room)}\n`).join(''));
    this.#shown = lines.length;
  }
}

function barText({ phase, done, total }: Extract<Event, { kind: 'progress' }>): string {
  const filled = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
  return `${'━'.repeat(filled)}${'╌'.repeat(WIDTH - filled)} ${phase} ${done}/${total}`;
}

/** What machines and tools say must not move the cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, ' ');

const upAndClear = (lines: number): string => `\u001b[${lines}A\r\u001b[J`;
