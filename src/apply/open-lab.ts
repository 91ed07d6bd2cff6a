/** A running lab as it is held open: its record, its driver, and one session that everything shares. */
import { badInput } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { Driver } from '../drivers/driver.js';
import { driverNamed } from '../drivers/registry.js';
import type { Lab, Machine } from '../model/lab.js';
import { longestTrip } from '../model/links/longest.js';
import type { LabRecord, Records } from '../state/record.js';
import type { LocalCommand } from '../transport/piped.js';
import type { Session } from '../transport/session.js';
import type { RunningLab } from './recorded.js';

/** What changes of a lab replace. */
type Current = { readonly lab: Lab; readonly record: LabRecord };

export class OpenLab {
  #session: Promise<Session> | undefined;

  private constructor(
    private current: Current,
    readonly driver: Driver,
    readonly records: Records,
  ) {}

  static async of(current: Current, records: Records): Promise<OpenLab> {
    return new OpenLab(current, await driverNamed(current.record.driver), records);
  }

  get lab(): Lab {
    return this.current.lab;
  }

  get record(): LabRecord {
    return this.current.record;
  }

  update({ lab, record }: Current): void {
    this.current = { lab, record };
  }

  /** Made at the first use; it waits for answers as long as the lab's links may delay them. */
  session(): Promise<Session> {
    this.#session ??= this.#connect();
    return this.#session;
  }

  async #connect(): Promise<Session> {
    const { allowForDelay } = await import('../verify/allowance.js');
    const session = await this.driver.connect(this.lab, this.record.runtime);
    return allowForDelay(session, () => longestTrip(this.lab));
  }

  /** For changes of the lab. */
  running(): RunningLab {
    const { records, record, driver, lab } = this;
    return {
      ...{ records, record, driver },
      connect: () => this.session(),
      connectToChange: () => driver.connect(lab, record.runtime, 'change'),
    };
  }

  /** A program in a machine, as a command line of this computer. */
  enter(machine: string, argv: readonly string[]): Promise<LocalCommand> {
    return this.driver.enter(this.lab, this.record.runtime, machine, argv);
  }

  /** @throws LabnetError machine-not-found */
  machine(name: string): Machine {
    const found = this.lab.machines.find((machine) => machine.name === name);
    if (found) return found;
    const names = this.lab.machines.map((machine) => machine.name);
    throw badInput(
      'machine-not-found',
      `there is no machine '${name}' in lab ${this.lab.name}`,
      didYouMean(name, names, 'machines'),
    );
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    await session?.close();
  }
}
