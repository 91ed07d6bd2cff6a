/** The rules and connections of one router, as they change. */
import { messageOf } from '../../../../core/errors.js';
import type { Connection, RouterSample, RuleCount } from '../../../../core/sample.js';
import {
  CONNTRACK_GROUPS,
  connectionCount,
  drainConnections,
  eachConnection,
} from '../../../../sys/netlink/conntrack.js';
import { eachRule, generationBy } from '../../../../sys/netlink/nftables.js';
import { NETLINK_NETFILTER, NetlinkSocket } from '../../../../sys/netlink/socket.js';
import { placeCounter } from './places.js';

/** At most this many connections are reported one by one; more are only counted. */
const MOST = 1_000;
/** Events that are read at one look. */
const EVENTS = 2_000;
/** Looks until all connections are listed, where events were lost; at once where they are few. */
const LIST_EVERY = 20;
const FEW = 5_000;
/** Looks between two readings of rules by programs, where netlink says nothing of them: iptables-legacy(8)'s. */
const PROGRAMS_EVERY = 4;

type News = Omit<RouterSample, 'router'>;

export class RouterWatch {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  readonly #events: NetlinkSocket | undefined;
  #generation: number | undefined;
  readonly #counts = new Map<string, number>();
  readonly #known = new Set<number>();
  #isFirst = true;
  #lost = 0;
  #connections: number | undefined;
  #unread = 0;

  /** Of the namespace this thread is in. */
  constructor() {
    try {
      this.#events = new NetlinkSocket(NETLINK_NETFILTER, CONNTRACK_GROUPS);
    } catch {
      this.#events = undefined;
    }
  }

  /** @param isBusy whether it may have seen packets since the last look */
  read(isBusy: boolean): News | undefined {
    const generation = generationBy(this.#socket);
    this.#unread++;
    const isLegacy = generation === undefined && isBusy && this.#unread >= PROGRAMS_EVERY;
    const isReloaded = this.#isFirst || generation !== this.#generation || isLegacy;
    if (isReloaded) this.#unread = 0;
    this.#generation = generation;
    const rules = isReloaded || isBusy ? this.#readRules(isReloaded) : [];
    const { came, went, isTouched } = this.#readConnections();
    const before = this.#connections;
    if (this.#isFirst || isTouched) this.#connections = this.#count();
    this.#isFirst = false;
    const isNews = isReloaded || rules.length + came.length + went.length > 0 || this.#connections !== before;
    if (!isNews) return undefined;
    const connections = this.#connections;
    return { isReloaded, rules, came, went, ...(connections !== undefined && { connections }) };
  }

  close(): void {
    this.#socket.close();
    this.#events?.close();
  }

  #readRules(isReloaded: boolean): RuleCount[] {
    if (this.#generation === undefined) return [];
    if (isReloaded) this.#counts.clear();
    const found: RuleCount[] = [];
    const placeOf = placeCounter();
    eachRule(this.#socket, (rule) => {
      const place = placeOf(rule);
      if (!rule.counter || this.#counts.get(place) === rule.counter.packets) return;
      this.#counts.set(place, rule.counter.packets);
      found.push({ place, ...rule.counter });
    });
    return found;
  }

  /** `isTouched`: whether there may be more or fewer than before, also of those that are not told of. */
  #readConnections(): { came: readonly Connection[]; went: readonly number[]; isTouched: boolean } {
    if (!this.#events) return { came: [], went: [], isTouched: true };
    const came: Connection[] = [];
    const went: number[] = [];
    const seen = { events: 0 };
    const state = drainConnections(this.#events, EVENTS, {
      came: (id, connection) => {
        seen.events++;
        if (this.#known.has(id) || this.#known.size >= MOST) return;
        this.#known.add(id);
        came.push(connection());
      },
      went: (id) => {
        seen.events++;
        if (this.#known.delete(id)) went.push(id);
      },
    });
    if (state === 'lost') this.#lost ||= LIST_EVERY;
    const wasLost = this.#lost > 0;
    if (wasLost) this.#lost = (this.#count() ?? 0) <= FEW ? 0 : this.#lost - 1;
    if (this.#isFirst || (wasLost && this.#lost === 0)) this.#list(came, went);
    return { came, went, isTouched: seen.events > 0 || wasLost };
  }

  /** Of all that there are: what is not known yet, and what is known and gone. */
  #list(came: Connection[], went: number[]): void {
    const there = new Set<number>();
    try {
      const isNew = (id: number): boolean => {
        there.add(id);
        return !this.#known.has(id) && this.#known.size < MOST;
      };
      eachConnection(this.#socket, isNew, (connection) => {
        this.#known.add(connection.id);
        came.push(connection);
      });
    } catch (error) {
      // A kernel without it, or a list that was cut short by a change: there is another look.
      if (!/EOPNOTSUPP|EINTR|EPERM/.test(messageOf(error))) throw error;
      this.#lost = LIST_EVERY;
      return;
    }
    for (const id of this.#known)
      if (!there.has(id)) {
        this.#known.delete(id);
        went.push(id);
      }
  }

  #count(): number | undefined {
    try {
      return connectionCount(this.#socket);
    } catch {
      return this.#events ? this.#known.size : undefined;
    }
  }
}
