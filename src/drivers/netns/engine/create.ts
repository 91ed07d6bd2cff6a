/** Makes a lab: its namespaces, bridges, links, addresses and routes, by netlink from this thread. */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { diagnostic } from '../../../core/diagnostic.js';
import { LabnetError } from '../../../core/errors.js';
import { address as read, cidr } from '../../../core/ip.js';
import type { MachinePlan } from '../../../plan/build.js';
import type { SegmentStep, ServiceStep, Step } from '../../../plan/step.js';
import { stepText } from '../../../plan/step.js';
import { bindMount, CLONE, detachMounts, mountTmpfs, unshare } from '../../../sys/namespaces.js';
import { Batch } from '../../../sys/netlink/message.js';
import type { Refusal } from '../../../sys/netlink/socket.js';
import { NetlinkSocket } from '../../../sys/netlink/socket.js';
import {
  addAddress,
  addBridge,
  addNeighbour,
  addRoute,
  addVeth,
  leaveOutIpv6,
  setUp,
} from '../../../sys/netlink/route.js';
import { LAB_DIR, machineDir, PIN_DIR, pinOf } from '../paths.js';
import { Holder } from './holder.js';
import { RulesLoader } from './rules.js';
import { startServices } from './services.js';
import type { Beginning } from './protocol.js';
import { Sysctls, writeIfThere } from './sysctl.js';

const LOOPBACK = 1;
/** Of a machine's interfaces and of the fabric's; lower ones may be taken by tunnels that come with every namespace. */
const FIRST_INDEX = 16;

type Open = MachinePlan & { readonly socket: NetlinkSocket; readonly namespace: number };

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

/** A lab in the making: first what is between machines, then machines as they come. */
export class Builder {
  readonly holder: Holder;
  readonly #fabric: NetlinkSocket;
  readonly #bridges = new Map<string, number>();
  readonly #sysctls: Sysctls;
  readonly #batch = new Batch();
  readonly #rules = new RulesLoader();
  readonly #services: ServiceStep[] = [];
  #nextIndex = FIRST_INDEX;

  /** Enters the lab's namespaces with this thread, for good. */
  constructor({ label, segments, sysctls }: Beginning) {
    const view = enterNewNamespaces();
    this.holder = new Holder(view, label);
    closeSync(view);
    this.#fabric = new NetlinkSocket();
    this.#sysctls = new Sysctls(sysctls);
    this.#addBridges(segments);
  }

  /** Makes machines in one go: their namespaces are open as files until all of them are done. */
  add(machines: readonly MachinePlan[]): void {
    const open = machines.map((one) => this.#open(one));
    this.#addLinks(open);
    for (const one of open) this.#configure(one);
    this.#rules.start(open);
    this.#services.push(...machines.flatMap(({ services }) => services));
    for (const { socket, namespace } of open) {
      socket.close();
      closeSync(namespace);
    }
  }

  async finish(): Promise<void> {
    this.#fabric.close();
    await this.#rules.finish();
    await startServices(this.#services, this.holder.id.pid);
  }

  #addBridges(segments: readonly SegmentStep[]): void {
    // Frames between ports are not packets of this namespace: no address of its own, no filter on the way.
    writeIfThere('net.ipv6.conf.default.disable_ipv6', '1');
    for (const filter of ['iptables', 'ip6tables', 'arptables'])
      writeIfThere(`net.bridge.bridge-nf-call-${filter}`, '0');
    for (const { bridge } of segments) {
      const index = this.#nextIndex++;
      this.#bridges.set(bridge, index);
      addBridge(this.#batch, index, bridge);
    }
    this.#send(this.#fabric, segments);
  }

  /** A namespace for a machine; this thread is in it until the next. */
  #open(plan: MachinePlan): Open {
    const { machine: step } = plan;
    unshare(CLONE.NEWNET);
    const pin = pinOf(step.machine);
    closeSync(openSync(pin, 'w'));
    bindMount('/proc/thread-self/ns/net', pin);
    mkdirSync(`${machineDir(step.machine)}/run`, { recursive: true });
    this.#sysctls.apply(step);
    return { ...plan, socket: new NetlinkSocket(), namespace: openSync(pin, 'r') };
  }

  #addLinks(open: readonly Open[]): void {
    const steps = open.flatMap(({ links, namespace }) =>
      links.map((step, position) => {
        const peer = { index: FIRST_INDEX + position, name: step.interface, mac: step.mac, namespace };
        addVeth(this.#batch, {
          index: this.#nextIndex++,
          name: step.port,
          master: this.#bridges.get(step.bridge) ?? 0,
          peer,
        });
        return step;
      }),
    );
    this.#send(this.#fabric, steps);
  }

  #configure({ machine, links, addresses, routes, neighbours, socket }: Open): void {
    const batch = this.#batch;
    const indexes = new Map(links.map((step, position) => [step.interface, FIRST_INDEX + position]));
    const indexOf = (step: { readonly interface: string }): number => indexes.get(step.interface) ?? 0;
    const silent = links.filter(({ ipv6 }) => !ipv6);
    for (const step of silent) leaveOutIpv6(batch, indexOf(step));
    setUp(batch, LOOPBACK);
    for (const step of addresses) {
      const { address, prefix } = cidr(step.address);
      addAddress(batch, indexOf(step), address, prefix);
    }
    for (const step of links) setUp(batch, indexOf(step));
    for (const step of routes) {
      const to = step.to === 'default' ? undefined : cidr(step.to).prefix;
      addRoute(batch, indexOf(step), to, read(step.via));
    }
    for (const step of neighbours) addNeighbour(batch, indexOf(step), read(step.address), step.mac);
    // A kernel without IPv6 need not be told to leave it out.
    const mayFail = silent.map(() => undefined);
    this.#send(socket, [...mayFail, machine, ...addresses, ...links, ...routes, ...neighbours]);
  }

  /** Sends what is in the batch; `steps` are its messages in order, undefined where the kernel may refuse. */
  #send(socket: NetlinkSocket, steps: readonly (Step | undefined)[]): void {
    const refused = socket.send(this.#batch).filter(({ index }) => steps[index] !== undefined);
    this.#batch.clear();
    if (refused.length > 0) throw refusals(steps, refused);
  }
}

/** At most a handful: one cause refuses many steps. */
function refusals(steps: readonly (Step | undefined)[], refused: readonly Refusal[]): LabnetError {
  const found = refused.slice(0, 5).map(({ index, code, detail }) => {
    const step = steps[index];
    const what = step ? stepText(step) : 'a step';
    return diagnostic(
      'step-failed',
      `${what}: the kernel refused it (${code}${detail ? `, ${detail}` : ''})`,
      { fix: FIXES[code] },
    );
  });
  return new LabnetError(found, 1);
}

const FIXES: Readonly<Record<string, string>> = {
  EPERM: "run 'labnet doctor' to see what this machine allows",
  EOPNOTSUPP: 'the kernel lacks the veth or bridge driver: load them (modprobe veth bridge)',
  ENOSPC: 'a limit of the kernel is reached: fewer machines, or raise /proc/sys/user/max_net_namespaces',
};
