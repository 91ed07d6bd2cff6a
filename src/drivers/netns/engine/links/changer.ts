/** Compares the links of a running lab with what they are to be, and makes them so. */
import type { Outline } from '../../../../plan/build.js';
import { CLONE, enter, returnAfter } from '../../../../sys/namespaces.js';
import type { Qdiscs } from '../../../../sys/netlink/dump.js';
import { pinOf } from '../../paths.js';
import type { Faulty } from './apply.js';
import { applyLinks } from './apply.js';
import type { LinkFaults } from './faults.js';
import { linkFaults } from './faults.js';
import { hasNetem } from '../../link-abilities.js';
import type { Own } from './see.js';
import { seeLinks } from './see.js';
import { areDropsKnown, storedLinks } from './store.js';

/** What is between the machines. */
export type LinkFabric = {
  /** Of its network namespace. */
  readonly path: string;
  /** What was listed there, unless something was done to it since. */
  readonly known: () => Qdiscs;
  /** What is listed there now. */
  readonly list: () => Qdiscs;
};

export class LinkChanger {
  readonly #fabric: LinkFabric;
  #drops: boolean | undefined;

  constructor(fabric: LinkFabric) {
    this.#fabric = fabric;
  }

  /**
   * Leaves this thread in the machine's namespace.
   * @param known as it was looked at, by a thread that is in its namespace, where nothing was done to it since
   */
  faults(plan: Outline, known?: Own): LinkFaults {
    const { machine } = plan.machine;
    if (!known) enter(pinOf(machine), CLONE.NEWNET);
    const stored = storedLinks(machine);
    const drops = stored.rules.length === 0 || this.#areDropsKnown();
    return linkFaults(plan, stored, seeLinks(this.#fabric.known(), drops, known), hasNetem);
  }

  async mend(faulty: readonly Faulty[]): Promise<void> {
    await applyLinks(faulty, {
      hasNetem,
      enterFabric: () => enter(this.#fabric.path, CLONE.NEWNET),
      lookFabric: this.#fabric.list,
    });
  }

  /** As they were before anything was done to them. */
  #areDropsKnown(): boolean {
    return (this.#drops ??= returnAfter(() => {
      enter(this.#fabric.path, CLONE.NEWNET);
      return areDropsKnown();
    }));
  }
}

export const isFaulty = ({ faults }: Faulty): boolean =>
  faults.parts.length > 0 || faults.rules !== undefined;
