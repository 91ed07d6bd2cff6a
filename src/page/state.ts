/** What the page knows of the lab: counters as they are, and how fast they rise. */
import type { WireConnection, WireLab, WireRule, WireTick } from './wire.js';

export type Counts = {
  isUp: boolean;
  received: number;
  sent: number;
  receivedBytes: number;
  sentBytes: number;
  dropped: number;
  /** Packets a second. */
  receivedRate: number;
  sentRate: number;
};

export type RuleCounts = { packets: number; bytes: number; rate: number };

export type Tracked = WireConnection & { readonly since: number; ended?: number };

const NONE: Counts = {
  isUp: true,
  ...{ received: 0, sent: 0, receivedBytes: 0, sentBytes: 0, dropped: 0, receivedRate: 0, sentRate: 0 },
};

/** Milliseconds for which a connection that is over is still shown. */
const ENDED = 4_000;

export class State {
  interfaces: Counts[] = [];
  rules: WireRule[] = [];
  ruleCounts: RuleCounts[] = [];
  readonly connections = new Map<string, Tracked>();
  readonly counts = new Map<string, number>();
  /** Behind `lab` and `rules` comes all, whatever was known before. */
  #isFirst = true;
  #at = 0;

  constructor(readonly lab: WireLab) {
    this.interfaces = lab.interfaces.map(() => ({ ...NONE }));
  }

  /** The server is heard again: it tells all anew. */
  reset(): void {
    this.connections.clear();
    this.counts.clear();
    this.#at = 0;
  }

  setRules(rules: readonly WireRule[]): void {
    this.rules = [...rules];
    this.ruleCounts = rules.map(() => ({ packets: 0, bytes: 0, rate: 0 }));
    this.#isFirst = true;
  }

  take(tick: WireTick): void {
    const seconds = Math.max(0.05, (tick.at - this.#at) / 1000);
    this.#takeInterfaces(tick, this.#at === 0 ? Infinity : seconds);
    this.#takeRules(tick, this.#isFirst ? Infinity : seconds);
    this.#takeConnections(tick);
    this.#at = tick.at;
    this.#isFirst = false;
  }

  #takeInterfaces({ interfaces }: WireTick, seconds: number): void {
    for (const one of this.interfaces) one.receivedRate = one.sentRate = 0;
    for (const [index, isUp, received, sent, receivedBytes, sentBytes, dropped] of interfaces) {
      const before = this.interfaces[index];
      if (!before) continue;
      Object.assign(before, {
        ...{ isUp: isUp === 1, received, sent, receivedBytes, sentBytes, dropped },
        receivedRate: Math.max(0, received - before.received) / seconds,
        sentRate: Math.max(0, sent - before.sent) / seconds,
      });
    }
  }

  #takeRules({ rules }: WireTick, seconds: number): void {
    for (const one of this.ruleCounts) one.rate = 0;
    for (const [index, packets, bytes] of rules) {
      const before = this.ruleCounts[index];
      if (before)
        Object.assign(before, { packets, bytes, rate: Math.max(0, packets - before.packets) / seconds });
    }
  }

  #takeConnections({ at, counts, came, went }: WireTick): void {
    for (const [router, count] of counts) this.counts.set(router, count);
    for (const one of came) this.connections.set(`${one.router} ${one.id}`, { ...one, since: at });
    for (const [router, id] of went) {
      const one = this.connections.get(`${router} ${id}`);
      if (one) one.ended = at;
    }
    for (const [key, { ended }] of this.connections)
      if (ended !== undefined && at - ended > ENDED) this.connections.delete(key);
  }
}
