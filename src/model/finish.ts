/** Draft to Lab: plain data, with MAC addresses, which depend on everything else. */
import type { Address, Prefix } from '../core/ip.js';
import { bitsOf, formatAddress, formatPrefix } from '../core/ip.js';
import type { WrittenVagrant } from '../topology/schema.js';
import type { Draft, DraftInterface, DraftMachine, DraftSegment } from './draft.js';
import { FAMILIES } from './draft.js';
import type { Interface, Lab, Machine, Segment, Vagrant } from './lab.js';

export function toLab(draft: Draft, file: string): Lab {
  const macs = new Set<string>();
  const { name } = draft.topology;
  const machines = [...draft.machines.values()].map((machine) =>
    toMachine(draft, machine, (on) => newMac(macs, `${name}/${machine.name}/${on}`)),
  );
  return {
    name,
    file: file.split('/').at(-1) ?? file,
    segments: [...draft.segments.values()].map(toSegment),
    machines,
    checks: draft.checks,
  };
}

const toSegment = ({ name, prefixes }: DraftSegment): Segment => ({
  name,
  ...(prefixes[4] && { subnet: formatPrefix(prefixes[4]) }),
  ...(prefixes[6] && { subnet6: formatPrefix(prefixes[6]) }),
});

function toMachine(draft: Draft, machine: DraftMachine, mac: (segment: string) => string): Machine {
  const vagrant = mergeVagrant(draft.topology.vagrant, machine.written.vagrant);
  return {
    name: machine.name,
    kind: machine.kind,
    interfaces: machine.interfaces.map((one) => toInterface(one, mac(one.segment.name))),
    routes: machine.routes,
    nat: machine.nat,
    isolated: [...machine.isolated[4]].map(({ name }) => name),
    ...(machine.isolated[6].size > 0 && { isolated6: [...machine.isolated[6]].map(({ name }) => name) }),
    ...(vagrant && { vagrant }),
    provision: machine.written.provision ?? [],
  };
}

function toInterface({ name, segment, addresses, answered, link }: DraftInterface, mac: string): Interface {
  const own = FAMILIES.flatMap((family) => {
    const address = addresses[family];
    const prefix = segment.prefixes[family];
    return address && prefix ? withLength(address, prefix) : [];
  });
  return {
    name,
    segment: segment.name,
    mac,
    ...(link && Object.keys(link).length > 0 && { link }),
    addresses: [...own, ...answered.map((address) => `${formatAddress(address)}/${bitsOf(address.family)}`)],
  };
}

const withLength = (address: Address, { length }: Prefix): string => `${formatAddress(address)}/${length}`;

/** Locally administered (IEEE 802, second bit of the first octet), the same in every run, and unique within a lab. */
function newMac(taken: Set<string>, what: string): string {
  for (let salt = 0; ; salt++) {
    const mac = macOf(`${what}${salt > 0 ? `#${salt}` : ''}`);
    if (!taken.has(mac)) {
      taken.add(mac);
      return mac;
    }
  }
}

/** 40 bits of FNV-1a. */
function macOf(text: string): string {
  const [high, low] = [fnv1a(text, 0x811c9dc5), fnv1a(text, 0x01000193)];
  const octets = [high >>> 24, (high >>> 16) & 255, (high >>> 8) & 255, high & 255, low & 255];
  return ['02', ...octets.map((octet) => octet.toString(16).padStart(2, '0'))].join(':');
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function mergeVagrant(
  defaults: WrittenVagrant | undefined,
  own: WrittenVagrant | undefined,
): Vagrant | undefined {
  if (!defaults && !own) return undefined;
  const merged = { ...defaults, ...own };
  const passed = (key: 'virtualbox' | 'libvirt'): Record<string, unknown> | undefined =>
    merged[key] ? { ...defaults?.[key], ...own?.[key] } : undefined;
  const [virtualbox, libvirt] = [passed('virtualbox'), passed('libvirt')];
  // Keys without a value are left out and not undefined, as the record on disk is compared as text.
  return JSON.parse(JSON.stringify({ ...merged, virtualbox, libvirt })) as Vagrant;
}
