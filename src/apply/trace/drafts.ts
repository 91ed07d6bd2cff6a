/** Building blocks of causes. */
import type { Lab, Machine, Route } from '../../model/lab.js';
import { cidr, contains, address as read } from '../../core/ip.js';
import type { TraceCause } from './result.js';
import type { IcmpError, Sighting } from './sightings.js';
import type { Leg, Story } from './story.js';
import { machineOf } from './story.js';
import type { Visit } from './visits.js';

/** Where a packet ended. */
export type Stop = { readonly leg: Leg; readonly visit: Visit };

export type Draft = Omit<TraceCause, 'leg'> & {
  /** For a rule, whether labnet made it. */
  readonly own?: boolean;
};

/** The fix for differences that `up` repairs: labnet's own rules, the topology's routes, addresses and links, and forwarding. */
export const mendFix = ({ file }: Lab): string =>
  `'labnet up ${file === '' ? 'FILE' : file}' makes it as it is written again`;

export const execFix = (machine: string, command: string): string => `labnet exec ${machine} -- ${command}`;

/** The name of a packet in each direction. */
export const packetWord = (leg: Leg): string => (leg === 'there' ? 'it' : 'the answer');

/** The model's route of a machine to an address, apart from its own subnets. */
export function routeOf({ routes }: Machine, to: string): Route | undefined {
  const wanted = read(to);
  const length = (route: Route): number => (route.to === 'default' ? 0 : cidr(route.to).prefix.length);
  return routes
    .filter(({ family }) => family === wanted.family)
    .filter((route) => route.to === 'default' || contains(cidr(route.to).prefix, wanted))
    .sort((one, other) => length(other) - length(one))[0];
}

/** How to restore the topology's route by hand. */
export function routeFix({ lab, view }: Story, name: string, to: string): string {
  const machine = machineOf(view, name);
  const route = machine && routeOf(machine, to);
  const mend = mendFix(lab);
  const place = machine?.kind === 'router' ? "'routes:' or 'gateway:'" : "'gateway:'";
  if (!route) return `give ${name} a way to ${to}: ${place} in the topology`;
  return `${execFix(name, `ip${route.family === 6 ? ' -6' : ''} route replace ${route.to} via ${route.via}`)}; ${mend}`;
}

/** The fix for a route that differs from the topology's: restore that one, or remove the one that takes precedence. */
export function wayFix(story: Story, name: string, to: string, matched: string): string {
  const machine = machineOf(story.view, name);
  const wanted = machine && routeOf(machine, to);
  const [prefix = ''] = matched.split(' ');
  return matched === '' || prefix === wanted?.to
    ? routeFix(story, name, to)
    : execFix(name, `ip${to.includes(':') ? ' -6' : ''} route del ${matched}`);
}

/** The name of an interface in the machine, by the model's name. */
export function ownName({ surveys }: Story, machine: string, modelName: string): string {
  const names = surveys.get(machine)?.interfaces ?? new Map<string, string>();
  return [...names].find(([, model]) => model === modelName)?.[0] ?? modelName;
}

/** The word that follows another one, such as `via`, in the output of `ip route get`. */
export const wordBehind = (route: string, word: string): string | undefined =>
  new RegExp(`(?:^| )${word} (\\S+)`).exec(route)?.[1];

const CODES: Readonly<Record<string, string>> = {
  '4 3 0': 'network unreachable',
  '4 3 1': 'host unreachable',
  '4 3 2': 'protocol unreachable',
  '4 3 3': 'port unreachable',
  '4 3 4': 'fragmentation needed',
  '4 3 9': 'network administratively prohibited',
  '4 3 10': 'host administratively prohibited',
  '4 3 13': 'administratively prohibited',
  '4 11 0': 'time exceeded',
  '6 1 0': 'no route to destination',
  '6 1 1': 'administratively prohibited',
  '6 1 3': 'address unreachable',
  '6 1 4': 'port unreachable',
  '6 2 0': 'packet too big',
  '6 3 0': 'time exceeded',
};

function icmpText({ type, code, mtu }: IcmpError, family: 4 | 6): string {
  const words = CODES[`${family} ${type} ${code}`] ?? `ICMP type ${type} code ${code}`;
  return mtu === undefined ? words : `${words} (MTU ${mtu})`;
}

const familyOfPacket = ({ packet }: Sighting): 4 | 6 => (packet.source.includes(':') ? 6 : 4);

/** The first sighting of each error: where it was sent. */
export function errorsSent(errors: readonly Sighting[]): readonly Sighting[] {
  const known = new Map<string, Sighting>();
  for (const one of errors) {
    const key = `${one.error?.type ?? ''} ${one.error?.code ?? ''}`;
    if (one.direction === 'out' && !known.has(key)) known.set(key, one);
  }
  return [...known.values()];
}

export const errorText = (one: Sighting): string =>
  one.error ? `${one.machine} says: ${icmpText(one.error, familyOfPacket(one))}` : '';
