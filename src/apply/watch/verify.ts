/** The verify button: one run at a time, whose results all pages show. */
import { messageOf } from '../../core/errors.js';
import type { WireVerdict, WireVerify } from '../../page/wire.js';
import type { Report } from '../../verify/report.js';
import type { Lab } from '../lab.js';
import type { Say } from './hub.js';

/** The most verdicts to show. */
const MOST = 1_000;

export class Verifying {
  state: WireVerify = { state: 'none' };

  constructor(
    private readonly open: () => Promise<Lab>,
    private readonly say: Say,
  ) {}

  /** False where a run is under way already. */
  start(): boolean {
    if (this.state.state === 'running') return false;
    this.#set({ state: 'running' });
    void this.#run().then((state) => this.#set(state));
    return true;
  }

  async #run(): Promise<WireVerify> {
    try {
      const lab = await this.open();
      try {
        return shown(await lab.verify());
      } finally {
        await lab.close();
      }
    } catch (error) {
      return { state: 'failed', message: messageOf(error) };
    }
  }

  #set(state: WireVerify): void {
    this.state = state;
    this.say('verify', state);
  }
}

function shown({ passed, failed, duration, verdicts }: Report): WireVerify {
  const bad = verdicts.filter(({ status }) => status !== 'pass');
  const good = verdicts.filter(({ status }) => status === 'pass');
  const some = [...bad, ...good]
    .slice(0, MOST)
    .map(({ status, expectation, observed, cause }): WireVerdict => ({
      ...{ status, expectation, observed },
      ...(cause !== undefined && { cause }),
    }));
  return { state: 'done', passed, failed, duration, verdicts: some };
}
