/** A lab while it is being resolved: the passes of resolve.ts fill it in, in their order. */
import type { DiagnosticCode } from '../core/diagnostic.js';
import type { Address, Family, Prefix, PrefixTable } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import type { Link } from '../link/impairment.js';
import type { WrittenLink } from '../topology/link-schema.js';
import type { Topology, WrittenHost, WrittenRouter } from '../topology/schema.js';
import type { Part, Path } from '../topology/source.js';
import type { Spend } from './effort.js';
import type { Mapping, Route, WrittenCheck } from './lab.js';

export type Group = { readonly name: string; readonly index: number; readonly count: number };

export type DraftSegment = {
  readonly name: string;
  readonly path: Path;
  readonly group: Group | undefined;
  readonly prefixes: Readonly<Partial<Record<Family, Prefix>>>;
  readonly gateway: string | undefined;
  /** As it is written. */
  readonly link: WrittenLink | undefined;
  /** Addresses in use: from the text of the address to the machine's name. */
  readonly taken: Map<string, string>;
  readonly interfaces: DraftInterface[];
  /** Those of `interfaces` that are a router's. */
  readonly routers: DraftInterface[];
};

export type DraftInterface = {
  readonly name: string;
  readonly machine: DraftMachine;
  readonly segment: DraftSegment;
  readonly path: Path;
  readonly written: Readonly<Partial<Record<Family, string>>>;
  readonly addresses: Partial<Record<Family, Address>>;
  readonly writtenLink: WrittenLink | undefined;
  link?: Link | undefined;
  /** Addresses that the router answers for, for NAT. */
  readonly answered: Address[];
};

export type DraftMachine = {
  readonly name: string;
  readonly kind: 'host' | 'router';
  readonly path: Path;
  readonly group: Group | undefined;
  readonly written: WrittenHost | WrittenRouter;
  readonly interfaces: DraftInterface[];
  /** The same by segment. */
  readonly on: Map<DraftSegment, DraftInterface>;
  readonly routes: Route[];
  readonly nat: Mapping[];
  /** Segments behind this router's NAT. */
  readonly inside: Readonly<Record<Family, Set<DraftSegment>>>;
  readonly isolated: Readonly<Record<Family, Set<DraftSegment>>>;
};

/** Worked out for what is kept alone, where it is a search among thousands of names. */
export type Fix = string | (() => string);
export type Report = (
  code: DiagnosticCode,
  message: string,
  path: Path,
  more?: { readonly fix?: Fix; readonly part?: Part },
) => void;

export type Draft = {
  readonly topology: Topology;
  readonly report: Report;
  /** Whether an earlier pass has reported an error for `hosts/NAME` or `segments/NAME`. */
  readonly damaged: Set<string>;
  readonly line: (path: Path) => number;
  /** Counts the computing effort: see effort.ts. */
  readonly spend: Spend;
  /** By name, members of counted groups each. */
  readonly segments: Map<string, DraftSegment>;
  readonly segmentAt: PrefixTable<DraftSegment>;
  readonly machines: Map<string, DraftMachine>;
  readonly routers: DraftMachine[];
  /** A counted name to its members. */
  readonly segmentGroups: Map<string, readonly DraftSegment[]>;
  readonly machineGroups: Map<string, readonly DraftMachine[]>;
  readonly checks: WrittenCheck[];
  /** The number of used addresses of each public pool, by its purpose and prefix. */
  readonly poolCursors: Map<string, bigint>;
};

export type Pass = (draft: Draft) => void;

export const FAMILIES: readonly Family[] = [4, 6];

/** Whether a segment is behind a router's NAT, of whichever family. */
export const isInside = ({ inside }: DraftMachine, segment: DraftSegment): boolean =>
  FAMILIES.some((family) => inside[family].has(segment));

export const writtenRouter = (machine: DraftMachine): WrittenRouter => machine.written;

/** The segments a name stands for: one, the members of a counted one, or none. */
export const segmentsNamed = (draft: Draft, name: string): readonly DraftSegment[] => {
  const one = draft.segments.get(name);
  return one ? [one] : (draft.segmentGroups.get(name) ?? []);
};

export const machinesNamed = (draft: Draft, name: string): readonly DraftMachine[] => {
  const one = draft.machines.get(name);
  return one ? [one] : (draft.machineGroups.get(name) ?? []);
};

/** Names as they are written; asked for once for each name that is wrong. */
export const segmentNames = memoizedFor(({ topology }: Draft): readonly string[] =>
  Object.keys(topology.segments),
);
export const routerNames = memoizedFor(({ topology }: Draft): readonly string[] =>
  Object.keys(topology.routers ?? {}),
);
export const machineNames = memoizedFor((draft: Draft): readonly string[] => [
  ...Object.keys(draft.topology.hosts ?? {}),
  ...routerNames(draft),
]);

export const isDamagedSegment = (draft: Draft, name: string): boolean =>
  draft.damaged.has(`segments/${name}`) || draft.damaged.has('segments');

export const isDamagedMachine = (draft: Draft, name: string): boolean =>
  ['hosts', 'routers'].some((kind) => draft.damaged.has(`${kind}/${name}`) || draft.damaged.has(kind));

/** Who has the address that a machine's route leads to, and on which segment. */
export function nextHop(
  draft: Draft,
  { interfaces }: DraftMachine,
  { interface: out, via }: Pick<Route, 'interface' | 'via'>,
): { readonly machine: DraftMachine; readonly segment: DraftSegment } | undefined {
  const segment = interfaces.find(({ name }) => name === out)?.segment;
  const machine = draft.machines.get(segment?.taken.get(via) ?? '');
  return segment && machine && { machine, segment };
}

export const interfaceOn = (machine: DraftMachine, segment: DraftSegment): DraftInterface | undefined =>
  machine.on.get(segment);
