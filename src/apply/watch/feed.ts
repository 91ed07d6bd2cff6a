/** The present state of a watched lab: new pages get all of it, open pages only what is new. */
import type { InterfaceCount, Sample } from '../../core/sample.js';
import type {
  WireConnection,
  WireInterfaceCount,
  WireRule,
  WireRuleCount,
  WireTick,
} from '../../page/wire.js';
import type { PlacedRule } from './rules.js';

type Counter = { readonly packets: number; readonly bytes: number };

export class Feed {
  readonly #interfaces = new Map<number, WireInterfaceCount>();
  #rules: readonly PlacedRule[] = [];
  /** By router and place: the index of the rule, and its counter. */
  #numbers = new Map<string, number>();
  readonly #counters = new Map<string, Counter>();
  readonly #connections = new Map<string, WireConnection>();
  readonly #counts = new Map<string, number>();

  get rules(): readonly WireRule[] {
    return this.#rules.map(({ router, line, title, rule }) => ({ router, line, title, rule }));
  }

  /**
   * Replaces the rules of these routers. The counter of a rule is that of the last sample, or else that of the listing.
   * @returns whether the rules have changed
   */
  setRules(found: ReadonlyMap<string, readonly PlacedRule[]>, routers: readonly string[]): boolean {
    const before = this.#rules;
    const shown = JSON.stringify(this.rules);
    this.#rules = routers.flatMap(
      (name) => found.get(name) ?? before.filter(({ router }) => router === name),
    );
    this.#numbers = new Map();
    for (const [number, { router, place, packets, bytes }] of this.#rules.entries()) {
      if (place === undefined) continue;
      const key = `${router} ${place}`;
      this.#numbers.set(key, number);
      if (!this.#counters.has(key)) this.#counters.set(key, { packets, bytes });
    }
    return JSON.stringify(this.rules) !== shown;
  }

  /** Clears all counters, as the next sample has all of them. */
  clear(): void {
    for (const one of [this.#interfaces, this.#counters, this.#connections, this.#counts]) one.clear();
  }

  /** @param at milliseconds since 1970 */
  take({ interfaces, routers }: Sample, at: number): WireTick {
    const counted = interfaces.map(wireCount);
    for (const one of counted) this.#interfaces.set(one[0], one);
    const rules: WireRuleCount[] = [];
    for (const sample of routers) {
      if (sample.isReloaded) this.#forgetRules(sample.router);
      for (const { place, packets, bytes } of sample.rules) {
        const key = `${sample.router} ${place}`;
        this.#counters.set(key, { packets, bytes });
        const number = this.#numbers.get(key);
        if (number !== undefined) rules.push([number, packets, bytes]);
      }
    }
    return { at, interfaces: counted, rules, ...this.#takeConnections(routers) };
  }

  /** The whole state. */
  snapshot(at: number): WireTick {
    return {
      at,
      interfaces: [...this.#interfaces.values()],
      rules: [...this.#numbers].flatMap(([key, number]): WireRuleCount[] => {
        const counter = this.#counters.get(key);
        return counter ? [[number, counter.packets, counter.bytes]] : [];
      }),
      counts: [...this.#counts],
      came: [...this.#connections.values()],
      went: [],
    };
  }

  #forgetRules(router: string): void {
    for (const key of this.#counters.keys()) if (key.startsWith(`${router} `)) this.#counters.delete(key);
  }

  #takeConnections(routers: Sample['routers']): Pick<WireTick, 'counts' | 'came' | 'went'> {
    const counts = routers.flatMap(({ router, connections }): [string, number][] =>
      connections === undefined ? [] : [[router, connections]],
    );
    for (const [router, count] of counts) this.#counts.set(router, count);
    const came = routers.flatMap((one) =>
      one.came.map((connection) => ({ router: one.router, ...connection })),
    );
    for (const one of came) this.#connections.set(`${one.router} ${one.id}`, one);
    const went = routers.flatMap((one) => one.went.map((id) => [one.router, id] as const));
    for (const [router, id] of went) this.#connections.delete(`${router} ${id}`);
    return { counts, came, went };
  }
}

const wireCount = (one: InterfaceCount): WireInterfaceCount => [
  ...([one.index, one.isUp ? 1 : 0, one.received, one.sent] as const),
  ...([one.receivedBytes, one.sentBytes, one.dropped] as const),
];
