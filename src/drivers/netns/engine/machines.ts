/** Makes machines of a lab: their namespaces, links, addresses and routes, by netlink from this thread. */
import { diagnostic } from '../../../core/diagnostic.js';
import { LabnetError } from '../../../core/errors.js';
import { address, cidr as parse } from '../../../core/ip.js';
import { memoized } from '../../../core/memo.js';
import { phase } from '../../../core/phases.js';
import type { MachinePlan } from '../../../plan/build.js';
import { neighbourSteps } from '../../../plan/neighbours.js';
import type { LinkStep, SegmentStep, Step } from '../../../plan/step.js';
import { stepText } from '../../../plan/step.js';
import { Batch } from '../../../sys/netlink/message.js';
import type { Refusal } from '../../../sys/netlink/socket.js';
import { NetlinkSocket } from '../../../sys/netlink/socket.js';
import { addAddress, addBridge, addRoute, addVeth, leaveOutIpv6, setUp } from '../../../sys/netlink/route.js';
import { explainFailure } from '../room/explain.js';
import { addNeighbours } from './neighbours.js';
import { makeNamespace } from './namespaces/make.js';
import type { OpenNamespace, Spare } from './namespaces/spare.js';
import type { Sysctls } from './sysctl.js';

const [read, cidr] = [memoized(address), memoized(parse)];
const LOOPBACK = 1;
/** Of a machine's interfaces and of the fabric's; lower ones may be taken by tunnels that come with every namespace. */
const FIRST_INDEX = 16;

type Open = MachinePlan & { readonly socket: NetlinkSocket; readonly namespace: OpenNamespace };

/** A link to be made, with the place of its machine's end. */
export type Plug = { readonly step: LinkStep; readonly index: number; readonly namespace: number };

type Circumstances = {
  /** Bridges by name, and the highest index of a link in their namespace. */
  readonly there?: { readonly bridges: ReadonlyMap<string, number>; readonly highest: number };
  /** Namespaces that were made ahead. */
  readonly spare?: Spare | undefined;
};

export class MachineMaker {
  readonly #batch = new Batch();
  readonly #fabric: NetlinkSocket;
  readonly #bridges: Map<string, number>;
  readonly #sysctls: Sysctls;
  readonly #spare: Spare | undefined;
  #nextIndex: number;

  /** @param fabric speaks to the namespace that the bridges are in */
  constructor(fabric: NetlinkSocket, sysctls: Sysctls, { there, spare }: Circumstances) {
    this.#fabric = fabric;
    this.#sysctls = sysctls;
    this.#spare = spare;
    this.#bridges = new Map(there?.bridges);
    this.#nextIndex = Math.max(FIRST_INDEX, (there?.highest ?? 0) + 1);
  }

  addBridges(segments: readonly SegmentStep[]): void {
    for (const { bridge } of segments) {
      const index = this.#nextIndex++;
      this.#bridges.set(bridge, index);
      addBridge(this.#batch, index, bridge);
    }
    sendSteps(this.#fabric, this.#batch, () => segments);
  }

  /** In one go: their namespaces are open as files until all of them are done. */
  add(machines: readonly MachinePlan[]): void {
    const open = machines.map((one) => this.#open(one));
    phase('links');
    this.plug(
      open.flatMap(({ links, namespace }) =>
        links.map((step, position) => ({ step, index: FIRST_INDEX + position, namespace: namespace.fd })),
      ),
    );
    phase('addresses');
    for (const one of open) this.#configure(one);
    for (const { socket, namespace } of open) {
      socket.close();
      namespace.close();
    }
  }

  /** Makes links, each from its segment's bridge to its machine. */
  plug(plugs: readonly Plug[]): void {
    for (const { step, index, namespace } of plugs)
      addVeth(this.#batch, {
        index: this.#nextIndex++,
        name: step.port,
        master: this.bridgeOf(step),
        mtu: step.mtu,
        peer: { index, name: step.interface, mac: step.mac, namespace },
      });
    sendSteps(this.#fabric, this.#batch, () => plugs.map(({ step }) => step));
  }

  bridgeOf({ bridge }: LinkStep): number {
    return this.#bridges.get(bridge) ?? 0;
  }

  /** A namespace for a machine; this thread is in it until the next. */
  #open(plan: MachinePlan): Open {
    const namespace = makeNamespace(plan.machine, this.#sysctls, this.#spare);
    return { ...plan, socket: new NetlinkSocket(), namespace };
  }

  #configure({ machine, links, addresses, routes, neighbours, socket, namespace }: Open): void {
    const batch = this.#batch;
    const indexes = new Map(links.map((step, position) => [step.interface, FIRST_INDEX + position]));
    const indexOf = (step: { readonly interface: string }): number => indexes.get(step.interface) ?? 0;
    const silent = links.filter(({ ipv6 }) => !ipv6);
    for (const step of silent) leaveOutIpv6(batch, indexOf(step));
    if (!namespace.hasLoopback) setUp(batch, LOOPBACK);
    for (const step of addresses) {
      const own = cidr(step.address);
      addAddress(batch, indexOf(step), own.address, own.prefix);
    }
    for (const step of links) setUp(batch, indexOf(step));
    for (const step of routes) {
      const to = step.to === 'default' ? undefined : cidr(step.to).prefix;
      addRoute(batch, indexOf(step), to, read(step.via));
    }
    for (const known of neighbours) addNeighbours(batch, indexOf(known), known);
    // A kernel without IPv6 need not be told to leave it out.
    sendSteps(socket, batch, () => [
      ...silent.map(() => undefined),
      ...(namespace.hasLoopback ? [] : [machine]),
      ...addresses,
      ...links,
      ...routes,
      ...neighbourSteps(neighbours),
    ]);
  }
}

/** Sends what is in the batch; `stepsOf` gives its messages in order, undefined where the kernel may refuse. */
export function sendSteps(
  socket: NetlinkSocket,
  batch: Batch,
  stepsOf: () => readonly (Step | undefined)[],
): void {
  const refused = socket.send(batch);
  batch.clear();
  if (refused.length === 0) return;
  const steps = stepsOf();
  const wanted = refused.filter(({ index }) => steps[index] !== undefined);
  if (wanted.length > 0) throw refusals(steps, wanted);
}

/** At most a handful: one cause refuses many steps. */
function refusals(steps: readonly (Step | undefined)[], refused: readonly Refusal[]): LabnetError {
  const found = refused.slice(0, 5).map(({ index, code, detail }) => {
    const step = steps[index];
    const what = step ? stepText(step) : 'a step';
    const wanting = explainFailure(what, { code, call: 'netlink' });
    if (wanting) return wanting;
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
};
