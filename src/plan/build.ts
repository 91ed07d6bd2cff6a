/** A lab to the steps that make it, in an order in which each finds what it needs. */
import { DIRECTIONS } from '../link/impairment.js';
import type { Lab, Machine } from '../model/lab.js';
import { familyOf } from '../model/view.js';
import { portControls } from '../render/port-control.js';
import { ruleTexts } from '../render/rules.js';
import { conntrackSysctls } from '../nat/conntrack.js';
import { bridgeName, portName } from './names.js';
import type { Knows, Neighbourhood } from './neighbours.js';
import { neighboursIn, neighbourSteps } from './neighbours.js';
import type {
  AddressStep,
  ImpairStep,
  LinkStep,
  MachineStep,
  RouteStep,
  RulesStep,
  SegmentStep,
  ServiceStep,
  Step,
} from './step.js';

/** What is to be done in one machine, in an order in which each step finds what it needs. */
export type MachinePlan = {
  readonly machine: MachineStep;
  readonly links: readonly LinkStep[];
  readonly impairs: readonly ImpairStep[];
  readonly addresses: readonly AddressStep[];
  readonly routes: readonly RouteStep[];
  readonly neighbours: readonly Neighbourhood[];
  readonly rules: readonly RulesStep[];
  readonly services: readonly ServiceStep[];
};

/** A machine's plan without what is long: enough to see that nobody has touched it. */
export type Outline = Omit<MachinePlan, 'neighbours' | 'rules'>;

export type LabPlan = {
  readonly segments: readonly SegmentStep[];
  /** The sysctl(8) names that the machines set. */
  readonly sysctls: () => readonly string[];
  /** How many machines there are. */
  readonly total: number;
  readonly names: readonly string[];
  /** Planned when they are asked for: a large lab's steps are never all in memory at once. */
  readonly machines: Iterable<MachinePlan>;
  readonly some: (names: ReadonlySet<string>) => Iterable<MachinePlan>;
  readonly outlines: (names: ReadonlySet<string>) => Iterable<Outline>;
};

export function planLab(lab: Lab): LabPlan {
  const { segments, machines, file } = lab;
  const knows = neighboursIn(lab);
  const plan = (machine: Machine): MachinePlan => planMachine(machine, file, knows);
  const named = (names: ReadonlySet<string>): Machine[] => machines.filter(({ name }) => names.has(name));
  return {
    segments: segments.map(({ name }) => ({ do: 'segment', segment: name, bridge: bridgeName(name) })),
    sysctls: () => [...new Set(machines.flatMap((machine) => Object.keys(sysctlsOf(machine))))],
    total: machines.length,
    names: machines.map(({ name }) => name),
    some: (names) => eachOf(named(names), plan),
    outlines: (names) => eachOf(named(names), outlineOf),
    machines: eachOf(machines, plan),
  };
}

const eachOf = <T>(machines: readonly Machine[], plan: (machine: Machine) => T): Iterable<T> => ({
  *[Symbol.iterator]() {
    for (const machine of machines) yield plan(machine);
  },
});

/** All steps of a lab, for those who look at them as a whole. */
export function buildSteps(lab: Lab): Step[] {
  const { segments, machines } = planLab(lab);
  return [...segments, ...[...machines].flatMap(stepsIn)];
}

export const stepsIn = ({
  machine,
  links,
  impairs,
  addresses,
  routes,
  neighbours,
  rules,
  services,
}: MachinePlan): Step[] => [
  machine,
  ...links,
  ...addresses,
  ...routes,
  ...neighbourSteps(neighbours),
  ...rules,
  ...services,
  ...impairs,
];

const planMachine = (machine: Machine, file: string, knows: Knows): MachinePlan => ({
  ...outlineOf(machine),
  neighbours: knows(machine),
  rules: rulesStep(machine, file),
});

const outlineOf = (machine: Machine): Outline => ({
  machine: machineStep(machine),
  links: linkSteps(machine),
  impairs: impairSteps(machine),
  addresses: addressSteps(machine),
  routes: routeSteps(machine),
  services: serviceSteps(machine),
});

const hasIpv6 = ({ interfaces }: Machine): boolean =>
  interfaces.some(({ addresses }) => addresses.some((address) => familyOf(address) === 6));

const isRouter = ({ kind }: Machine): boolean => kind === 'router';

const machineStep = (machine: Machine): MachineStep => ({
  do: 'machine',
  machine: machine.name,
  forwards: isRouter(machine),
  sysctls: sysctlsOf(machine),
});

const sysctlsOf = (machine: Machine): Record<string, string> => ({
  ...ipv4Sysctls(isRouter(machine)),
  ...(hasIpv6(machine) && ipv6Sysctls(isRouter(machine))),
  ...conntrackSysctls(machine),
});

/**
 * Written out even where they are the kernel's defaults: a new network namespace takes them from the machine it is
 * on (Documentation/networking/ip-sysctl.rst), and a lab is to be the same on every machine.
 */
const ipv4Sysctls = (forwards: boolean): Record<string, string> => ({
  'net.ipv4.ip_forward': forwards ? '1' : '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  // A redirect would lead a host past the router, and its packets past NAT.
  ...(forwards && { 'net.ipv4.conf.all.send_redirects': '0', 'net.ipv4.conf.default.send_redirects': '0' }),
  // A router that says only now and then where a packet ended makes traceroute and path checks a matter of luck.
  ...(forwards && { 'net.ipv4.icmp_ratelimit': '0' }),
});

const ipv6Sysctls = (forwards: boolean): Record<string, string> => ({
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
  'net.ipv6.conf.default.accept_ra': '0',
  // Addresses are known to be unique: no second of waiting for duplicate address detection (RFC 4862 section 5.4).
  'net.ipv6.conf.all.accept_dad': '0',
  'net.ipv6.conf.default.accept_dad': '0',
  ...(forwards && {
    'net.ipv6.conf.all.forwarding': '1',
    'net.ipv6.conf.default.forwarding': '1',
    'net.ipv6.icmp.ratelimit': '0',
  }),
});

function linkSteps(machine: Machine): LinkStep[] {
  const ipv6 = hasIpv6(machine);
  return machine.interfaces.map((one, index) => ({
    do: 'link',
    machine: machine.name,
    interface: one.name,
    segment: one.segment,
    bridge: bridgeName(one.segment),
    port: portName(machine.name, index),
    mac: one.mac,
    ...(one.link?.mtu !== undefined && { mtu: one.link.mtu }),
    ipv6,
  }));
}

export const impairSteps = ({ name, interfaces }: Machine): ImpairStep[] =>
  interfaces.flatMap(({ link, ...one }, index) =>
    DIRECTIONS.flatMap((direction): ImpairStep[] => {
      const impairment = link?.[direction];
      const { cut, apart } = link ?? {};
      if (!impairment && !cut && !apart) return [];
      return [
        {
          do: 'impair',
          machine: name,
          interface: one.name,
          segment: one.segment,
          port: portName(name, index),
          mac: one.mac,
          direction,
          ...(impairment && { impairment }),
          ...(cut && { cut }),
          ...(apart && { apart }),
        },
      ];
    }),
  );

const addressSteps = ({ name, interfaces }: Machine): AddressStep[] =>
  interfaces.flatMap((one) =>
    one.addresses.map((address): AddressStep => ({
      do: 'address',
      machine: name,
      interface: one.name,
      address,
    })),
  );

const routeSteps = ({ name, routes }: Machine): RouteStep[] =>
  routes.map(({ family, to, via, interface: on }) => ({
    do: 'route',
    machine: name,
    family,
    to,
    via,
    interface: on,
  }));

function rulesStep(machine: Machine, file: string): RulesStep[] {
  const texts = ruleTexts(machine, file);
  return texts.v4 === '' && texts.v6 === '' ? [] : [{ do: 'rules', machine: machine.name, texts }];
}

const serviceSteps = (machine: Machine): ServiceStep[] =>
  portControls(machine).map(({ about, files }) => ({
    do: 'service',
    machine: machine.name,
    service: 'port-control',
    about,
    files,
  }));
