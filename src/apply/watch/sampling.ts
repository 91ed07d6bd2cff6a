/** Takes samples of the lab, in an engine of its own, while a page is open. */
import { monotonic } from '../../core/monotonic.js';
import type { Sample } from '../../core/sample.js';
import type { Session } from '../../transport/session.js';
import type { Feed } from './feed.js';
import type { Say } from './hub.js';
import { pollingWatch } from './polling.js';
import { rulesIn } from './rules.js';
import type { Target } from './target.js';

/** Milliseconds without a page until the engine ends; long enough for a page to reload. */
const PATIENCE = 2_000;
/** Milliseconds between attempts to enter a lab that is being changed. */
const AGAIN = 1_000;
/** Milliseconds between two samples by commands, which cost the machines more than netlink. */
const POLLED = 1_000;

export type SamplingOptions = {
  readonly target: () => Target;
  readonly feed: Feed;
  readonly say: Say;
  /** Milliseconds between two samples. */
  readonly interval: number;
  /** Called where sampling fails, as the lab may have ended or changed. */
  readonly onTrouble: (error: unknown) => void;
};

export class Sampling {
  #isWanted = false;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #idle: NodeJS.Timeout | undefined;
  /** Incremented when the lab is entered again. */
  #round = 0;

  constructor(private readonly options: SamplingOptions) {}

  want(isWanted: boolean): void {
    clearTimeout(this.#idle);
    if (isWanted) {
      this.#isWanted = true;
      this.#running ??= this.#run().finally(() => (this.#running = undefined));
    } else this.#idle = setTimeout(() => this.#end(), PATIENCE);
  }

  /** Leaves the lab and enters the changed one. */
  renew(): void {
    this.#round++;
    this.#wake();
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#end();
    await this.#running;
  }

  #end(): void {
    this.#isWanted = false;
    this.#wake();
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      try {
        await this.#enter(this.#round);
      } catch (error) {
        this.options.onTrouble(error);
        await this.#pause(AGAIN);
      }
    }
  }

  async #enter(round: number): Promise<void> {
    const { driver, lab, record, watched } = this.options.target();
    const session = await driver.connect(lab, record.runtime);
    try {
      const watch = session.watch ?? pollingWatch(lab, session);
      const read = await watch(watched);
      const interval = session.watch ? this.options.interval : POLLED;
      this.options.feed.clear();
      while (this.#isWanted && round === this.#round) {
        const started = monotonic();
        await this.#tell(await read(), session);
        await this.#pause(interval - (monotonic() - started));
      }
    } finally {
      await session.close();
    }
  }

  async #tell(sample: Sample, session: Session): Promise<void> {
    const { feed, say, target } = this.options;
    const { lab, watched } = target();
    const tick = feed.take(sample, Date.now());
    const reloaded = sample.routers.filter(({ isReloaded }) => isReloaded).map(({ router }) => router);
    if (reloaded.length === 0) {
      say('tick', tick);
      return;
    }
    if (feed.setRules(await rulesIn(lab, reloaded, session), watched.routers)) say('rules', feed.rules);
    say('tick', { ...tick, rules: feed.snapshot(tick.at).rules });
  }

  async #pause(milliseconds: number): Promise<void> {
    if (!this.#isWanted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, milliseconds));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
