/** A probe under way: what it waits for, and what came back. */
import type { Probe, Reply } from '../../../../core/probe.js';
import type { Port } from '../../../../sys/poller.js';

/** How one protocol sends a probe. */
export type Sender = {
  /** Sends the next packet or opens the connection; an errno's name where that failed at once. */
  readonly send: (sequence: number, now: number) => string | undefined;
  /** The socket of this probe, where it does not share one. */
  readonly port?: Port;
  /** The wait is over: what there is by then may be an answer. */
  readonly conclude?: () => void;
  readonly close: () => void;
};

export class Flight {
  sent = 0;
  /** When the next packet is due, or the wait for an answer is over. */
  due = 0;
  readonly replies: Reply[] = [];
  readonly #sentAt: number[] = [];

  constructor(readonly probe: Probe) {}

  get isAnswered(): boolean {
    const isFinal = ({ kind }: Reply): boolean => kind !== 'unreachable';
    return this.replies.some(isFinal) || (this.sent >= this.probe.count && this.replies.length >= this.sent);
  }

  sentOne(now: number): void {
    this.#sentAt[this.sent] = now;
    this.sent++;
    this.due = now + (this.sent < this.probe.count ? this.probe.interval : this.probe.wait);
  }

  add(sequence: number, now: number, reply: Omit<Reply, 'rtt'>): void {
    // What is added behind a spread has V8 make a shape for each object, of a quarter of a kilobyte.
    this.replies.push({ rtt: Math.max(0, now - (this.#sentAt[sequence] ?? now)), ...reply });
  }
}
