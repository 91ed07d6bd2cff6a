/**
 * The resources that a lab of namespaces needs, calculated from the lab alone. The memory of a machine was measured
 * roughly, other amounts of memory are estimates (docs/limits.md).
 */
import type { Lab, Machine } from '../model/lab.js';
import { hasPortControl } from '../model/view.js';
import { strangersIn } from './neighbours.js';

/** Resources that can be too scarce. */
export const RESOURCES = [
  'user-namespaces',
  'net-namespaces',
  'mnt-namespaces',
  'pid-namespaces',
  'ipc-namespaces',
  'mounts',
  'files',
  'system-files',
  'processes',
  'cgroup-processes',
  'system-processes',
  'memory',
  'cgroup-memory',
  'bridge-ports',
  'neighbours4',
  'neighbours6',
  'connections',
] as const;

export type Resource = (typeof RESOURCES)[number];

/** Memory in bytes; everything else is counted. */
export type Needs = Readonly<Record<Resource, number>>;

const KIB = 1024;
/** Memory of a machine: its namespace, with everything that the kernel makes for it. */
const MACHINE_MEMORY = 640 * KIB;
/** A pair of veth ends, or a bridge. */
const LINK_MEMORY = 100 * KIB;
/** Tables of rules, and what translating takes. */
const RULES_MEMORY = 160 * KIB;
/** A program that runs in a machine. */
const SERVICE_MEMORY = 4096 * KIB;
/** The engine and its child processes. */
const ENGINE_MEMORY = 96 * 1024 * KIB;

/** Processes of the engine and for loading rules: node's threads, and two shells with a child each. */
const ENGINE_PROCESSES = 24;
const ENGINE_FILES = 64;
/** Machines that are made in one batch, with two open files each. */
const AT_ONCE = 64;
/** Tracked connections of a check at a router, with those of the answers. */
const PER_CHECK = 4;

/** @param there the existing machines of a lab that is changed; undefined for a new lab */
export function needsOf(lab: Lab, there?: ReadonlySet<string>): Needs {
  const added = there ? lab.machines.filter(({ name }) => !there.has(name)) : lab.machines;
  const isNew = there === undefined;
  const one = isNew ? 1 : 0;
  const { links, services, ruled } = countsOf(added);
  const processes = added.length === 0 ? 0 : ENGINE_PROCESSES + 2 * services;
  const files = ENGINE_FILES + 2 * Math.min(added.length, AT_ONCE);
  const made =
    added.length * MACHINE_MEMORY +
    (links + one * lab.segments.length) * LINK_MEMORY +
    ruled * RULES_MEMORY +
    services * SERVICE_MEMORY;
  const memory = added.length === 0 ? 0 : ENGINE_MEMORY + made;
  const strangers = strangersIn(lab);
  return {
    'user-namespaces': one,
    // The segments' own, or one to compare with.
    'net-namespaces': added.length + 1,
    'mnt-namespaces': 2 * one + services,
    'pid-namespaces': one,
    'ipc-namespaces': one,
    mounts: added.length + one,
    files,
    'system-files': files,
    processes,
    'cgroup-processes': processes,
    'system-processes': processes,
    memory,
    'cgroup-memory': memory,
    'bridge-ports': largestSegment(lab).ports,
    neighbours4: strangers[4],
    neighbours6: strangers[6],
    connections: PER_CHECK * lab.machines.length,
  };
}

function countsOf(machines: readonly Machine[]): Record<'links' | 'services' | 'ruled', number> {
  const count = (what: (machine: Machine) => number): number =>
    machines.reduce((sum, machine) => sum + what(machine), 0);
  return {
    links: count(({ interfaces }) => interfaces.length),
    services: count((machine) => (hasPortControl(machine) ? 1 : 0)),
    ruled: count(({ nat, isolated }) => (nat.length + isolated.length > 0 ? 1 : 0)),
  };
}

/** The segment with the most interfaces on it. */
export function largestSegment({ segments, machines }: Lab): {
  readonly name: string;
  readonly ports: number;
} {
  const ports = new Map(segments.map(({ name }) => [name, 0]));
  for (const { interfaces } of machines)
    for (const { segment } of interfaces) ports.set(segment, (ports.get(segment) ?? 0) + 1);
  return [...ports].reduce((most, [name, many]) => (many > most.ports ? { name, ports: many } : most), {
    name: '',
    ports: 0,
  });
}
