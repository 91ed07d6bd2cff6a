/** Makes a lab: namespaces of its own with its holder and bridges, then machines as they come. */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { phase } from '../../../core/phases.js';
import type { MachinePlan, Outline } from '../../../plan/build.js';
import type { ServiceStep } from '../../../plan/step.js';
import { CLONE, detachMounts, enter, mountTmpfs, setns, unshare } from '../../../sys/namespaces.js';
import type { Qdiscs } from '../../../sys/netlink/dump.js';
import { qdiscsIn } from '../../../sys/netlink/dump.js';
import { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { LAB_DIR, PIN_DIR, pinOf } from '../paths.js';
import { openSignOfLife } from '../sign-of-life.js';
import { Holder } from './holder.js';
import { applyLinks } from './links/apply.js';
import type { Seen } from './links/faults.js';
import { linkFaults } from './links/faults.js';
import { hasNetem } from '../link-abilities.js';
import { seeLinks } from './links/see.js';
import { storedLinks } from './links/store.js';
import { MachineMaker } from './machines.js';
import { Spare } from './namespaces/spare.js';
import type { Beginning } from './protocol.js';
import { RulesLoader } from './rules.js';
import { untilPortsRun } from './running.js';
import { startServices } from './services.js';
import { freshSettings, openSettings, Sysctls, writeIfThere } from './sysctl.js';

/**
 * First the namespace of mounts that machines see, with a /run of its own; then a second for the pins of network
 * namespaces, which `ip netns exec` and the like would otherwise copy, all of them, each time.
 * @returns the first, as an open file
 */
function enterNewNamespaces(): number {
  unshare(CLONE.NEWNS | CLONE.NEWIPC | CLONE.NEWPID | CLONE.NEWNET);
  detachMounts();
  openSettings();
  mountTmpfs('/run', 'mode=755');
  mkdirSync(`${LAB_DIR}/machines`, { recursive: true });
  mkdirSync(PIN_DIR);
  writeFileSync(
    `${LAB_DIR}/resolv.conf`,
    '# The machines of a lab know each other by /etc/hosts; there is no name server.\n',
  );
  const view = openSync('/proc/thread-self/ns/mnt', 'r');
  unshare(CLONE.NEWNS);
  return view;
}

export class Builder {
  readonly holder: Holder;
  readonly #fabric: NetlinkSocket;
  readonly #maker: MachineMaker;
  readonly #spare: Spare | undefined;
  readonly #rules = new RulesLoader();
  readonly #services: ServiceStep[] = [];
  readonly #linked: Outline[] = [];
  readonly #fabricNamespace: number;

  /** Enters the lab's namespaces with this thread, for good. */
  constructor({ label, segments, sysctls, supply }: Beginning) {
    const sign = openSignOfLife(label);
    const view = enterNewNamespaces();
    this.holder = new Holder(view, sign, label);
    for (const fd of [view, sign]) closeSync(fd);
    this.#fabric = new NetlinkSocket();
    this.#fabricNamespace = openSync('/proc/thread-self/ns/net', 'r');
    const settings = new Sysctls(freshSettings(sysctls));
    this.#spare = supply && new Spare(supply);
    this.#maker = new MachineMaker(this.#fabric, settings, { spare: this.#spare });
    // Frames between ports are not packets of this namespace: no address of its own, no filter on the way.
    writeIfThere('net.ipv6.conf.default.disable_ipv6', '1');
    for (const filter of ['iptables', 'ip6tables', 'arptables'])
      writeIfThere(`net.bridge.bridge-nf-call-${filter}`, '0');
    this.#maker.addBridges(segments);
  }

  add(machines: readonly MachinePlan[]): void {
    this.#maker.add(machines);
    phase('NAT');
    this.#rules.add(machines);
    // While namespaces are made, which this thread waits for, the processors have enough to do.
    if (!this.#spare?.isBusy) this.#rules.start();
    this.#linked.push(...machines.filter(({ impairs }) => impairs.length > 0));
    this.#services.push(...machines.flatMap(({ services }) => services));
  }

  async finish(): Promise<void> {
    this.#spare?.close();
    await this.#rules.finish();
    await this.#setLinks();
    await untilPortsRun(this.#fabric);
    this.#fabric.close();
    closeSync(this.#fabricNamespace);
    await startServices(this.#services, this.holder.id.pid);
  }

  /** What of the links tc and rules make; nothing was ever loaded here. */
  async #setLinks(): Promise<void> {
    if (this.#linked.length === 0) return;
    const lookFabric = (): Qdiscs => qdiscsIn(this.#fabric);
    const before = lookFabric();
    const look = ({ machine }: Outline): Seen => {
      enter(pinOf(machine.machine), CLONE.NEWNET);
      return seeLinks(before, false);
    };
    const faulty = this.#linked.map((plan) => ({
      plan,
      faults: linkFaults(plan, storedLinks(plan.machine.machine), look(plan), hasNetem),
    }));
    const enterFabric = (): unknown => setns(this.#fabricNamespace, CLONE.NEWNET);
    await applyLinks(faulty, { hasNetem, lookFabric, enterFabric });
  }
}
