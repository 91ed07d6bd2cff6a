/** Makes a lab: its namespaces, bridges, links, addresses and routes, by netlink from this thread. */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { diagnostic } from '../../../core/diagnostic.js';
import { LabnetError } from '../../../core/errors.js';
import type { Emit } from '../../../core/events.js';
import { address as read, cidr } from '../../../core/ip.js';
import type { Step } from '../../../plan/step.js';
import { stepText } from '../../../plan/step.js';
import { bindMount, CLONE, detachMounts, mountTmpfs, unshare } from '../../../sys/namespaces.js';
import { Batch } from '../../../sys/netlink/message.js';
import type { Refusal } from '../../../sys/netlink/socket.js';
import { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { addAddress, addBridge, addNeighbour, addRoute, addVeth, setUp } from '../../../sys/netlink/route.js';
import { LAB_DIR, machineDir, PIN_DIR, pinOf } from '../paths.js';
import { Holder } from './holder.js';
import { RulesLoader } from './rules.js';
import type { MachineWork, Work } from './steps.js';
import { workOf } from './steps.js';
import { Sysctls, writeIfThere } from './sysctl.js';

/** Machines made in one go: bounds how many namespaces are open as files at once. */
const CHUNK = 128;
const LOOPBACK = 1;
/** The first interface of a new namespace behind the loopback. */
const FIRST_INDEX = 2;

type Open = MachineWork & { readonly socket: NetlinkSocket; readonly namespace: number };

export async function createLab(steps: readonly Step[], label: string, emit: Emit): Promise<Holder> {
  const work = workOf(steps);
  const view = enterNewNamespaces();
  const holder = new Holder(view, label);
  closeSync(view);
  const builder = new Builder(work);
  await builder.build(work, emit);
  return holder;
}

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

class Builder {
  readonly #fabric = new NetlinkSocket();
  readonly #bridges = new Map<string, number>();
  readonly #sysctls: Sysctls;
  readonly #batch = new Batch();
  readonly #rules = new RulesLoader();
  #nextIndex = FIRST_INDEX;

  constructor({ machines }: Work) {
    this.#sysctls = new Sysctls(machines.map(({ machine }) => machine));
  }

  async build({ segments, machines }: Work, emit: Emit): Promise<void> {
    this.#addBridges(segments);
    for (let from = 0; from < machines.length; from += CHUNK) {
      const open = machines.slice(from, from + CHUNK).map((one) => this.#open(one));
      this.#addLinks(open);
      for (const one of open) this.#configure(one);
      this.#rules.start(open);
      for (const { socket, namespace } of open) {
        socket.close();
        closeSync(namespace);
      }
      emit({
        kind: 'progress',
        phase: 'namespaces',
        done: Math.min(from + CHUNK, machines.length),
        total: machines.length,
      });
      // Lets the rule loaders and a request to stop come through.
      await nextTurn();
    }
    this.#fabric.close();
    await this.#rules.finish();
  }

  #addBridges(segments: Work['segments']): void {
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
  #open(work: MachineWork): Open {
    const { machine: step } = work;
    unshare(CLONE.NEWNET);
    const pin = pinOf(step.machine);
    closeSync(openSync(pin, 'w'));
    bindMount('/proc/thread-self/ns/net', pin);
    mkdirSync(`${machineDir(step.machine)}/run`, { recursive: true });
    this.#sysctls.apply(step);
    return { ...work, socket: new NetlinkSocket(), namespace: openSync(pin, 'r') };
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
    const indexOf = (name: string): number => indexes.get(name) ?? 0;
    setUp(batch, LOOPBACK);
    for (const step of addresses) {
      const { address, prefix } = cidr(step.address);
      addAddress(batch, indexOf(step.interface), address, prefix);
    }
    for (const step of links) setUp(batch, indexOf(step.interface));
    for (const step of routes)
      addRoute(
        batch,
        indexOf(step.interface),
        step.to === 'default' ? undefined : cidr(step.to).prefix,
        read(step.via),
      );
    for (const step of neighbours) addNeighbour(batch, indexOf(step.interface), read(step.address), step.mac);
    this.#send(socket, [machine, ...addresses, ...links, ...routes, ...neighbours]);
  }

  /** Sends what is in the batch; `steps` are its messages in order. */
  #send(socket: NetlinkSocket, steps: readonly Step[]): void {
    const refused = socket.send(this.#batch);
    this.#batch.clear();
    if (refused.length > 0) throw refusals(steps, refused);
  }
}

/** At most a handful: one cause refuses many steps. */
function refusals(steps: readonly Step[], refused: readonly Refusal[]): LabnetError {
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
