/** A lab to the steps that make it, in an order in which each finds what it needs. */
import type { Lab, Machine } from '../model/lab.js';
import { familyOf } from '../model/view.js';
import { iptablesRestore } from '../render/iptables.js';
import { bridgeName, portName } from './names.js';
import { neighbourSteps } from './neighbours.js';
import type { AddressStep, LinkStep, MachineStep, RouteStep, RulesStep, SegmentStep, Step } from './step.js';

export function buildSteps(lab: Lab): Step[] {
  const { segments, machines } = lab;
  return [
    ...segments.map(({ name }): SegmentStep => ({ do: 'segment', segment: name, bridge: bridgeName(name) })),
    ...machines.map(machineStep),
    ...machines.flatMap(linkSteps),
    ...machines.flatMap(addressSteps),
    ...machines.flatMap(routeSteps),
    ...neighbourSteps(lab),
    ...machines.flatMap((machine) => rulesStep(machine, lab.file)),
  ];
}

const hasIpv6 = ({ interfaces }: Machine): boolean =>
  interfaces.some(({ addresses }) => addresses.some((address) => familyOf(address) === 6));

function machineStep(machine: Machine): MachineStep {
  const forwards = machine.kind === 'router';
  return {
    do: 'machine',
    machine: machine.name,
    forwards,
    sysctls: { ...ipv4Sysctls(forwards), ...(hasIpv6(machine) ? ipv6Sysctls(forwards) : NO_IPV6) },
  };
}

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
});

/** For the interfaces to come; the loopback keeps its ::1, as programs expect. */
const NO_IPV6 = { 'net.ipv6.conf.default.disable_ipv6': '1' };

const ipv6Sysctls = (forwards: boolean): Record<string, string> => ({
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
  'net.ipv6.conf.default.accept_ra': '0',
  // Addresses are known to be unique: no second of waiting for duplicate address detection (RFC 4862 section 5.4).
  'net.ipv6.conf.all.accept_dad': '0',
  'net.ipv6.conf.default.accept_dad': '0',
  ...(forwards && { 'net.ipv6.conf.all.forwarding': '1', 'net.ipv6.conf.default.forwarding': '1' }),
});

const linkSteps = ({ name, interfaces }: Machine): LinkStep[] =>
  interfaces.map((one, index) => ({
    do: 'link',
    machine: name,
    interface: one.name,
    segment: one.segment,
    bridge: bridgeName(one.segment),
    port: portName(name, index),
    mac: one.mac,
  }));

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
  const text = iptablesRestore(machine, file);
  return text === '' ? [] : [{ do: 'rules', machine: machine.name, text }];
}
