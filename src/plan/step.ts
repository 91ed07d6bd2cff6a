/**
 * The steps to make a lab, as data: a driver carries them out, render/ writes them as scripts, and a plan compares them
 * with what runs.
 */
import type { Direction, Impairment } from '../link/impairment.js';
import { directionText } from '../link/words.js';
import type { RuleTexts } from '../render/rules.js';
import type { Family } from '../core/ip.js';

export type MachineStep = {
  readonly do: 'machine';
  readonly machine: string;
  readonly forwards: boolean;
  /** Kernel settings by sysctl(8) name. */
  readonly sysctls: Readonly<Record<string, string>>;
};
export type SegmentStep = { readonly do: 'segment'; readonly segment: string; readonly bridge: string };
export type LinkStep = {
  readonly do: 'link';
  readonly machine: string;
  readonly interface: string;
  readonly segment: string;
  readonly bridge: string;
  /** The end on the bridge; at most 15 characters, as every interface name. */
  readonly port: string;
  readonly mac: string;
  /** In bytes, if it is not Ethernet's 1500. */
  readonly mtu?: number;
  /** Whether the machine has IPv6 there; without it, there is no link-local address either. */
  readonly ipv6: boolean;
};
/** `address` with the length of its subnet. */
export type AddressStep = {
  readonly do: 'address';
  readonly machine: string;
  readonly interface: string;
  readonly address: string;
};
export type RouteStep = {
  readonly do: 'route';
  readonly machine: string;
  readonly family: Family;
  readonly to: 'default' | (string & {});
  readonly via: string;
  readonly interface: string;
};
/** A permanent neighbour entry, which needs no ARP or NDP. */
export type NeighbourStep = {
  readonly do: 'neighbour';
  readonly machine: string;
  readonly interface: string;
  readonly address: string;
  readonly mac: string;
};
export type RulesStep = {
  readonly do: 'rules';
  readonly machine: string;
  readonly texts: RuleTexts;
};

/** A program that runs in the machine as long as the lab runs. */
export type ServiceStep = {
  readonly do: 'service';
  readonly machine: string;
  readonly service: 'port-control';
  readonly about: string;
  /** The files in its folder, by name. */
  readonly files: Readonly<Record<string, string>>;
};

/** What happens to packets between a machine and its segment, in one direction. */
export type ImpairStep = {
  readonly do: 'impair';
  readonly machine: string;
  readonly interface: string;
  readonly segment: string;
  /** The end on the bridge. */
  readonly port: string;
  readonly mac: string;
  readonly direction: Direction;
  readonly impairment?: Impairment;
  /** No packet goes through. */
  readonly cut?: true;
  /** Addresses that packets cannot go to or come from. */
  readonly apart?: readonly string[];
};

/** The text for a step of rules. */
export const RULES_TEXT = 'NAT and filter rules';

export type Step =
  | MachineStep
  | SegmentStep
  | LinkStep
  | AddressStep
  | RouteStep
  | NeighbourStep
  | RulesStep
  | ServiceStep
  | ImpairStep;

export type StepOf<Kind extends Step['do']> = Extract<Step, { do: Kind }>;

const WAYS: Readonly<Record<Direction, string>> = { up: 'to', down: 'from' };

/** A step as text, for messages and for the difference of two labs. */
export function stepText(step: Step): string {
  switch (step.do) {
    case 'segment':
      return `segment ${step.segment}: bridge ${step.bridge}`;
    case 'machine':
      return `${step.machine}: network namespace`;
    case 'link':
      return `${step.machine}: interface ${step.interface} on ${step.segment}`;
    case 'address':
      return `${step.machine}: address ${step.address} on ${step.interface}`;
    case 'route':
      return `${step.machine}: route to ${step.to} via ${step.via} on ${step.interface}`;
    case 'neighbour':
      return `${step.machine}: neighbour ${step.address} on ${step.interface}`;
    case 'rules':
      return `${step.machine}: ${RULES_TEXT}`;
    case 'service':
      return `${step.machine}: ${step.about}`;
    case 'impair':
      return `${step.machine}: link on ${step.interface} ${WAYS[step.direction]} ${step.segment}: ${directionText(step)}`;
  }
}
