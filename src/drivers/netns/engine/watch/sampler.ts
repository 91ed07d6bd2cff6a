/** Samples a running lab repeatedly through sockets that stay open, and returns what is new each time. */
import type { InterfaceCount, RouterSample, Sample, Watched } from '../../../../core/sample.js';
import { portName } from '../../../../plan/names.js';
import { linksIn } from '../../../../sys/netlink/dump.js';
import type { LinkCounters } from '../../../../sys/netlink/link-counters.js';
import { eachLinkCounters } from '../../../../sys/netlink/link-counters.js';
import { NetlinkSocket } from '../../../../sys/netlink/socket.js';
import { RouterWatch } from './router.js';

/** The names and states of links are asked for in full so often: every so many looks, and where one is unknown. */
const NAMES_EVERY = 4;

export type Way = {
  readonly enterMachine: (machine: string) => void;
  /** Puts this thread into the namespace of the bridges. */
  readonly enterFabric: () => void;
};

export class Sampler {
  readonly #fabric: NetlinkSocket;
  readonly #routers: readonly { readonly name: string; readonly watch: RouterWatch }[];
  /** The index of each interface in `Watched`, by the name of its port on a bridge. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #machines: readonly string[];
  /** By the index of the port's link. */
  #links = new Map<number, { readonly place: number; readonly isUp: boolean }>();
  readonly #last: (InterfaceCount | undefined)[] = [];
  /** The places of those whose port is gone. */
  readonly #gone = new Set<number>();
  #looks = 0;

  constructor({ interfaces, routers }: Watched, { enterFabric, enterMachine }: Way) {
    this.#machines = interfaces.map(({ machine }) => machine);
    this.#places = new Map(
      interfaces.map(({ machine, position }, place) => [portName(machine, position), place]),
    );
    enterFabric();
    this.#fabric = new NetlinkSocket();
    this.#routers = routers.map((name) => {
      enterMachine(name);
      return { name, watch: new RouterWatch() };
    });
    enterFabric();
  }

  /** All of it the first time. */
  read(): Sample {
    if (this.#looks++ % NAMES_EVERY === 0) this.#readNames();
    const interfaces = this.#readCounters();
    const busy = new Set(interfaces.map(({ index }) => this.#machines[index]));
    const routers = this.#routers.flatMap(({ name, watch }): RouterSample[] => {
      // What has seen no packet has no rule that counted one.
      const found = watch.read(busy.has(name));
      return found ? [{ router: name, ...found }] : [];
    });
    return { interfaces, routers };
  }

  close(): void {
    this.#fabric.close();
    for (const { watch } of this.#routers) watch.close();
  }

  #readNames(): void {
    this.#links = new Map(
      linksIn(this.#fabric).flatMap(({ index, name, isUp, hasCarrier }) => {
        const place = this.#places.get(name);
        return place === undefined ? [] : [[index, { place, isUp: isUp && hasCarrier }] as const];
      }),
    );
    const there = new Set([...this.#links.values()].map(({ place }) => place));
    for (const place of this.#places.values())
      if (!there.has(place)) this.#gone.add(place);
      else this.#gone.delete(place);
  }

  #readCounters(): InterfaceCount[] {
    const found: InterfaceCount[] = [];
    const tell = (count: InterfaceCount): void => {
      if (isSame(this.#last[count.index], count)) return;
      this.#last[count.index] = count;
      found.push(count);
    };
    eachLinkCounters(this.#fabric, (counters) => {
      const link = this.#links.get(counters.index);
      if (link) tell(fromPort(counters, link));
    });
    for (const index of this.#gone) tell({ ...(this.#last[index] ?? { ...NOTHING, index }), isUp: false });
    return found;
  }
}

const NOTHING = { received: 0, sent: 0, receivedBytes: 0, sentBytes: 0, dropped: 0 } as const;

/** A port sends what the machine's end of the pair receives. */
const fromPort = (
  { received, sent, receivedBytes, sentBytes, dropped }: LinkCounters,
  { place, isUp }: { readonly place: number; readonly isUp: boolean },
): InterfaceCount => ({
  ...{ index: place, isUp, dropped },
  ...{ received: sent, sent: received, receivedBytes: sentBytes, sentBytes: receivedBytes },
});

const isSame = (a: InterfaceCount | undefined, b: InterfaceCount): boolean =>
  a?.received === b.received && a.sent === b.sent && a.isUp === b.isUp && a.dropped === b.dropped;
