/** Changes a running lab in place: parts that are as planned are not touched, and their connections continue. */
import { readdirSync } from 'node:fs';
import type { MachinePlan, Outline } from '../../../plan/build.js';
import type { Change } from '../../../plan/diff.js';
import type { SegmentStep } from '../../../plan/step.js';
import { stepText } from '../../../plan/step.js';
import { CLONE, enter, unshare } from '../../../sys/namespaces.js';
import { qdiscsIn } from '../../../sys/netlink/dump.js';
import { NetlinkSocket } from '../../../sys/netlink/socket.js';
import type { ProcessId } from '../../../sys/process.js';
import { PIN_DIR, pinOf } from '../paths.js';
import type { Faulty } from './links/apply.js';
import { isFaulty, LinkChanger } from './links/changer.js';
import type { Difference } from './difference.js';
import { differenceOf, isSame } from './difference.js';
import { additions, changesIn } from './difference-text.js';
import { MachineMaker } from './machines.js';
import type { Between } from './mend.js';
import { Mender } from './mend.js';
import type { Fabric, NetworkPlan, Observed } from './observe.js';
import { observe, observeFabric } from './observe.js';
import type { Parts } from './protocol.js';
import { isPinned, removeBridges, removeMachine } from './removal.js';
import { RulesLoader } from './rules.js';
import type { RulesFault } from './rules-check.js';
import { mendRules, NO_RULES, rulesFault } from './rules-check.js';
import { areRulesKnown } from './rules-store.js';
import { untilPortsRun } from './running.js';
import { endService, serviceFaults, startServices } from './services.js';
import { freshSettingsElsewhere, Sysctls } from './sysctl.js';

export class Changer {
  readonly #holder: ProcessId;
  readonly #fabric: NetlinkSocket;
  readonly #between: Between;
  readonly #links: LinkChanger;
  /** As it was looked at; undefined where anything was done to it since. */
  #seen: Fabric | undefined;

  /**
   * Enters the lab's namespaces with this thread, for good.
   * @param path the holder's folder in /proc
   */
  constructor(holder: ProcessId, path: string) {
    this.#holder = holder;
    // A thread that shares its root with others cannot change it (setns(2)).
    unshare(CLONE.FS);
    enter(`${path}/ns/mnt`, CLONE.NEWNS);
    enter(`${path}/ns/net`, CLONE.NEWNET);
    this.#fabric = new NetlinkSocket();
    this.#links = new LinkChanger({
      path: `${path}/ns/net`,
      known: () => this.#look().qdiscs,
      list: () => qdiscsIn(this.#fabric),
    });
    this.#between = {
      look: () => this.#look(),
      socket: this.#fabric,
      maker: () => this.#maker(new Sysctls(new Map())),
    };
  }

  #look(): Fabric {
    return (this.#seen ??= observeFabric(this.#fabric));
  }

  #maker(sysctls: Sysctls): MachineMaker {
    const fabric = this.#look();
    this.#seen = undefined;
    return new MachineMaker(this.#fabric, sysctls, { there: fabric });
  }

  /** @returns the machines that are not what they are to be, or may not be: few, of a large lab that nobody touched */
  glance(outlines: readonly Outline[]): string[] {
    return outlines.filter((outline) => !this.#isAsPlanned(outline)).map(({ machine }) => machine.machine);
  }

  /** What `adjust` would do. */
  async inspect(plans: readonly MachinePlan[]): Promise<Change[]> {
    const changes: Change[] = [];
    for (const plan of plans) {
      if (!isPinned(plan.machine.machine)) changes.push(...additions(plan));
      else changes.push(...(await this.#inspectOne(plan)));
    }
    return changes;
  }

  /** Makes machines what they are to be, those that are not there yet included. */
  async adjust(plans: readonly MachinePlan[]): Promise<Change[]> {
    const there = plans.filter(({ machine }) => isPinned(machine.machine));
    const changes = await this.#make(plans.filter((plan) => !there.includes(plan)));
    for (const plan of there) changes.push(...(await this.#mend(plan)));
    if (changes.length > 0) await untilPortsRun(this.#fabric);
    return changes;
  }

  /** Those that are not there; the others are left alone. */
  addSegments(segments: readonly SegmentStep[]): Change[] {
    const { bridges } = this.#look();
    const missing = segments.filter(({ bridge }) => !bridges.has(bridge));
    if (missing.length > 0) this.#between.maker().addBridges(missing);
    return missing.map((step) => ({ change: 'added', step, text: stepText(step) }));
  }

  list(): Parts {
    return { machines: readdirSync(PIN_DIR), bridges: [...this.#look().bridges.keys()] };
  }

  dropBridges(names: readonly string[]): void {
    if (names.length === 0) return;
    const { bridges } = this.#look();
    this.#seen = undefined;
    removeBridges(this.#fabric, names, bridges);
  }

  /** With whatever runs in them. */
  async drop(machines: readonly string[]): Promise<void> {
    if (machines.length > 0) this.#seen = undefined;
    for (const machine of machines) await removeMachine(machine);
  }

  async #make(plans: readonly MachinePlan[]): Promise<Change[]> {
    if (plans.length === 0) return [];
    const rules = new RulesLoader();
    const settings = new Set(plans.flatMap(({ machine }) => Object.keys(machine.sysctls)));
    // Read here and not before: where no namespace is left, what is too much can still be taken away.
    this.#maker(new Sysctls(freshSettingsElsewhere([...settings]))).add(plans);
    rules.add(plans);
    await rules.finish();
    const services = plans.flatMap((plan) => plan.services);
    await startServices(services, this.#holder.pid);
    await this.#mendLinks(plans.map((plan) => ({ plan, faults: this.#links.faults(plan) })));
    return plans.flatMap(additions);
  }

  #isAsPlanned(outline: Outline): boolean {
    const { machine, services } = outline;
    try {
      const { seen, difference } = this.#compare({ ...outline, neighbours: [] });
      if (!isSame(difference) || !Mender.isAwake(seen)) return false;
      if (isFaulty({ plan: outline, faults: this.#links.faults(outline, seen) })) return false;
      enter(pinOf(machine.machine), CLONE.NEWNET);
      if (machine.forwards && !areRulesKnown(machine.machine)) return false;
      const { start, end } = serviceFaults(machine.machine, services);
      return start.length === 0 && end.length === 0;
    } catch {
      // It has no namespace, or one that does not answer: who looks at it in full says so.
      return false;
    }
  }

  async #inspectOne(plan: MachinePlan): Promise<Change[]> {
    const { seen, difference } = this.#compare(plan);
    const { changes } = this.#links.faults(plan, seen);
    const rules = await this.#rulesFault(plan);
    return [
      ...changesIn(plan, difference, rules, serviceFaults(plan.machine.machine, plan.services)),
      ...changes,
    ];
  }

  #compare(plan: NetworkPlan): { seen: Observed; difference: Difference } {
    enter(pinOf(plan.machine.machine), CLONE.NEWNET);
    const socket = new NetlinkSocket();
    try {
      const seen = observe(socket, plan);
      return { seen, difference: differenceOf(plan, seen, this.#look()) };
    } finally {
      socket.close();
    }
  }

  #rulesFault({ machine: { machine }, rules: [step] }: MachinePlan): Promise<RulesFault | undefined> {
    return rulesFault(machine, step?.texts ?? NO_RULES, {
      enterMachine: () => enter(pinOf(machine), CLONE.NEWNET),
      enterScratch: () => void unshare(CLONE.NEWNET),
    });
  }

  async #mend(plan: MachinePlan): Promise<Change[]> {
    const { machine } = plan.machine;
    const { seen, difference } = this.#compare(plan);
    if (!isSame(difference) || !Mender.isAwake(seen)) {
      const socket = new NetlinkSocket();
      try {
        new Mender(plan, socket, this.#between).mend(seen, difference, this.#look());
      } finally {
        this.#seen = undefined;
        socket.close();
      }
    }
    const rules = await this.#rulesFault(plan);
    enter(pinOf(machine), CLONE.NEWNET);
    if (rules) await mendRules(machine, plan.rules[0]?.texts ?? NO_RULES, rules);
    const services = serviceFaults(machine, plan.services);
    for (const service of services.end) await endService(machine, service);
    await startServices(services.start, this.#holder.pid);
    const faults = this.#links.faults(plan);
    await this.#mendLinks([{ plan, faults }]);
    return [...changesIn(plan, difference, rules, services), ...faults.changes];
  }

  async #mendLinks(all: readonly Faulty[]): Promise<void> {
    const faulty = all.filter(isFaulty);
    if (faulty.length === 0) return;
    this.#seen = undefined;
    await this.#links.mend(faulty);
  }
}
