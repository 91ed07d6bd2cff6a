/** Progress of longer operations: changing lines on a terminal, or one line for each event in a log. */
import type { Event } from '../core/events.js';
import { monotonic } from '../core/monotonic.js';
import { stderr } from '../sys/standard.js';

const PATIENCE = 1_000;
const WIDTH = 24;
/** The number of machines to show, those with the latest messages. */
const MACHINES = 12;

type Counted = Extract<Event, { kind: 'progress' }>;

export class Progress {
  readonly #started = monotonic();
  /** The last message of each machine, the latest at the end. */
  readonly #machines = new Map<string, string>();
  #progress: Counted | undefined;
  #shown = 0;
  /** The last lines of the log. */
  readonly #logged = new Map<string, string>();
  readonly #logging: NodeJS.Timeout | undefined;

  constructor(readonly isQuiet: boolean) {
    if (isQuiet || stderr.isTTY) return;
    this.#logging = setInterval(() => this.#log(), PATIENCE).unref();
  }

  show(event: Event): void {
    // Even with --json, as it goes to standard error and explains a wait.
    if (event.kind === 'waiting') stderr.write(`${waitingText(event)}\n`);
    if (this.isQuiet) return;
    if (event.kind === 'machine') {
      this.#machines.delete(event.machine);
      this.#machines.set(event.machine, event.text);
    } else if (event.kind === 'progress') this.#progress = event;
    if (stderr.isTTY && monotonic() - this.#started >= PATIENCE) this.#draw();
  }

  clear(): void {
    clearInterval(this.#logging);
    if (this.#shown > 0) stderr.write(upAndClear(this.#shown));
    this.#shown = 0;
  }

  /** At most once a second, so that only the last of many events is shown. */
  #log(): void {
    // Namespaces report nothing for single machines, and are fast.
    if (this.#machines.size === 0) return;
    const said = [...this.#machines].map(([machine, text]) => [machine, `${machine}: ${text}`] as const);
    const { phase, done, total } = this.#progress ?? {};
    const lines = phase === undefined ? said : [...said, ['', `${phase} ${done}/${total}`] as const];
    for (const [who, line] of lines) {
      if (this.#logged.get(who) === line) continue;
      this.#logged.set(who, line);
      stderr.write(`${printable(line)}\n`);
    }
  }

  #draw(): void {
    const said = [...this.#machines].slice(-MACHINES).sort(([a], [b]) => (a < b ? -1 : 1));
    const longest = Math.max(0, ...said.map(([machine]) => machine.length));
    const lines = [
      ...said.map(([machine, text]) => `${machine.padEnd(longest)}  ${text}`),
      ...(this.#progress ? [barText(this.#progress)] : []),
    ];
    const room = stderr.columns - 1;
    this.clear();
    stderr.write(lines.map((line) => `${printable(line).slice(0, room)}\n`).join(''));
    this.#shown = lines.length;
  }
}

function barText({ phase, done, total }: Counted): string {
  const filled = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
  return `${'━'.repeat(filled)}${'╌'.repeat(WIDTH - filled)} ${phase} ${done}/${total}`;
}

const waitingText = ({ lab, who }: Extract<Event, { kind: 'waiting' }>): string =>
  printable(`waiting for ${who}, which is working on lab ${lab}`);

/** Removes control characters, which could move the cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, ' ');

const upAndClear = (lines: number): string => `\u001b[${lines}A\r\u001b[J`;
