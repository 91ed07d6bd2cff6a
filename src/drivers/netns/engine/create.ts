/** Makes a lab: namespaces of its own with its holder and bridges, then machines as they come. */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { phase } from '../../../core/phases.js';
import type { MachinePlan } from '../../../plan/build.js';
import type { ServiceStep } from '../../../plan/step.js';
import { CLONE, detachMounts, mountTmpfs, unshare } from '../../../sys/namespaces.js';
import { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { LAB_DIR, PIN_DIR } from '../paths.js';
import { Holder } from './holder.js';
import { MachineMaker } from './machines.js';
import { Ahead } from './namespaces/ahead.js';
import type { Beginning } from './protocol.js';
import { RulesLoader } from './rules.js';
import { startServices } from './services.js';
import { freshSettings, Sysctls, writeIfThere } from './sysctl.js';

/**
 * First the namespace of mounts that machines see, with a /run of its own; then a second for the pins of network
 * namespaces, which `ip netns exec` and the like would otherwise copy, all of them, each time.
 * @returns the first, as an open file
 */
function enterNewNamespaces(): number {
  unshare(CLONE.NEWNS | CLONE.NEWIPC | CLONE.NEWPID | CLONE.NEWNET);
  detachMounts();
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
  readonly #rules = new RulesLoader();
  readonly #services: ServiceStep[] = [];
  readonly #ahead: Ahead | undefined;

  /** Enters the lab's namespaces with this thread, for good. */
  constructor({ label, segments, sysctls, ahead }: Beginning) {
    this.#ahead = ahead.length > 0 ? new Ahead(ahead) : undefined;
    const view = enterNewNamespaces();
    this.holder = new Holder(view, label);
    closeSync(view);
    this.#fabric = new NetlinkSocket();
    const fresh = freshSettings(sysctls);
    this.#ahead?.begin(fresh);
    this.#maker = new MachineMaker(this.#fabric, new Sysctls(fresh), { ahead: this.#ahead });
    // Frames between ports are not packets of this namespace: no address of its own, no filter on the way.
    writeIfThere('net.ipv6.conf.default.disable_ipv6', '1');
    for (const filter of ['iptables', 'ip6tables', 'arptables'])
      writeIfThere(`net.bridge.bridge-nf-call-${filter}`, '0');
    this.#maker.addBridges(segments);
  }

  add(machines: readonly MachinePlan[]): void {
    this.#maker.add(machines);
    phase('NAT');
    this.#rules.start(machines);
    this.#services.push(...machines.flatMap(({ services }) => services));
  }

  async finish(): Promise<void> {
    this.#fabric.close();
    await this.#ahead?.end();
    await this.#rules.finish();
    await startServices(this.#services, this.holder.id.pid);
  }
}
