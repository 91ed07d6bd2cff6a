/** A lab to the picture of it. */
import { memoizedFor } from '../../core/memo.js';
import { count } from '../../core/text.js';
import type { Interface, Lab, Machine, Segment } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { bare, insideSegments, ownAddress, viewOf } from '../../model/view.js';
import type { Net } from './boxes.js';
import { boxesOf, distances, middles } from './boxes.js';
import { groupsOf } from './groups.js';
import type { Graph, GraphLine, GraphLink, GraphNode } from './graph.js';
import { natLines } from './nat-lines.js';
import { addressesText, endsText, namesText } from './ranges.js';
import { machineKey, nextHop, segmentKey } from './relations.js';

export type GraphOptions = {
  /** Every machine by itself, and every line of NAT. */
  readonly all?: boolean | undefined;
};

/** Lines of NAT that a router is drawn with; of more it is said how many. */
const NAT_LINES = 8;

/** Who is drawn in which node. */
type Drawn = { readonly view: View; readonly idOf: (key: string) => string; readonly all: boolean };

export function graphOf(lab: Lab, { all = false }: GraphOptions = {}): Graph {
  const view = viewOf(lab);
  const groups = groupsOf(view, all);
  const ids = new Map(
    groups.flatMap((group, index) => group.map((key): [string, string] => [key, `n${index}`])),
  );
  const drawn: Drawn = { view, all, idOf: (key) => ids.get(key) ?? key };
  const nodes = groups.map((group, index) => nodeOf(drawn, `n${index}`, group));
  const joins = joinsOf(drawn, nodes);
  const net = netOf(drawn, nodes, joins);
  const roots = middles(net);
  const steps = new Map(roots.flatMap((root) => [...distances(net, root)]));
  const links = joins.map((join) => linkOf(join, steps));
  return { name: lab.name, summary: summaryOf(lab), nodes, links, root: boxesOf(net, roots) };
}

function summaryOf({ name, machines, segments }: Lab): string {
  const routers = machines.filter(({ kind }) => kind === 'router').length;
  const sizes = [
    count(machines.length - routers, 'host'),
    count(routers, 'router'),
    count(segments.length, 'segment'),
  ];
  return `The network of ${name}: ${sizes.join(', ')}`;
}

function nodeOf(drawn: Drawn, id: string, keys: readonly string[]): GraphNode {
  const names = keys.map((key) => key.slice(2));
  const title = namesText(names);
  const segments = keys.flatMap((key) =>
    key.startsWith('s:') ? (drawn.view.segments.get(key.slice(2)) ?? []) : [],
  );
  if (segments.length > 0) return { id, kind: 'segment', title, names, lines: segmentLines(segments) };
  const machines = names.flatMap((name) => drawn.view.machines.get(name) ?? []);
  const kind = machines[0]?.kind ?? 'host';
  return { id, kind, title, names, lines: machineLines(drawn, machines) };
}

const many = (names: number, what: string, spread = ''): GraphLine[] =>
  names > 1 ? [{ kind: 'more', text: `${count(names, what)}${spread}` }] : [];

const segmentLines = (segments: readonly Segment[]): GraphLine[] => [
  ...many(segments.length, 'segment'),
  ...(['subnet', 'subnet6'] as const).flatMap((key): GraphLine[] => {
    const text = endsText(segments.flatMap((segment) => segment[key] ?? []));
    return text === '' ? [] : [{ kind: 'address', text }];
  }),
];

function machineLines(drawn: Drawn, machines: readonly Machine[]): GraphLine[] {
  const [first] = machines;
  if (!first) return [];
  const isSeveral = first.interfaces.length > 1;
  const nat = natLines(machines, (name) => drawn.idOf(machineKey(name)));
  const shown = drawn.all ? nat : nat.slice(0, nat.length > NAT_LINES ? NAT_LINES - 1 : NAT_LINES);
  const lines = first.interfaces.flatMap((_, index) => interfaceLines(drawn, machines, index, isSeveral));
  return [
    ...many(machines.length, first.kind, spreadOf(machines)),
    ...lines,
    ...shown.map((text): GraphLine => ({ kind: 'nat', text })),
    ...(shown.length < nat.length
      ? [{ kind: 'more', text: `and ${count(nat.length - shown.length, 'more mapping')}` } as const]
      : []),
  ];
}

/** How many of a group are on each of several segments. */
function spreadOf(machines: readonly Machine[]): string {
  const segments = new Set(machines.map(({ interfaces }) => interfaces[0]?.segment)).size;
  const each = machines.length / segments;
  return segments > 1 && each > 1 ? `, ${each} on each` : '';
}

/** The addresses of one interface, of each family a line; those that NAT answers for are told by NAT. */
function interfaceLines(
  drawn: Drawn,
  machines: readonly Machine[],
  index: number,
  isSeveral: boolean,
): GraphLine[] {
  const each = machines.flatMap(({ interfaces }) => interfaces[index] ?? []);
  const prefix = isSeveral ? `${namesText(each.map(({ segment }) => segment))}: ` : '';
  return ([4, 6] as const).flatMap((family): GraphLine[] => {
    const own = each.flatMap((one) => ownAddress(one, family) ?? []);
    if (own.length === 0) return [];
    const isGateway = machines.some((machine) => isGatewayBy(drawn, machine, machine.interfaces[index], own));
    return [{ kind: isGateway ? 'gateway' : 'address', text: `${prefix}${addressesText(own)}` }];
  });
}

/** Whether machines on the segment of this interface go out by one of these addresses of it. */
const isGatewayBy = (
  { view }: Drawn,
  { name }: Machine,
  on: Interface | undefined,
  addresses: readonly string[],
): boolean =>
  on?.addresses.some(
    (one) => addresses.includes(bare(one)) && gatewaysOn(view, on.segment).has(`${name} ${bare(one)}`),
  ) ?? false;

const gatewaysIn = memoizedFor<View, Map<string, ReadonlySet<string>>>(() => new Map());

/** The machines and addresses by which those on a segment go out. */
function gatewaysOn(view: View, segment: string): ReadonlySet<string> {
  const known = gatewaysIn(view);
  const found =
    known.get(segment) ??
    new Set(
      view
        .on(segment)
        .flatMap(({ machine, interface: on }) =>
          machine.routes
            .filter((route) => route.to === 'default' && route.interface === on.name)
            .map(({ via, interface: name }) => `${nextHop(view, machine, via, name) ?? ''} ${via}`),
        ),
    );
  known.set(segment, found);
  return found;
}

type Join = Pick<GraphLink, 'machine' | 'segment' | 'isGateway'>;

function joinsOf(drawn: Drawn, nodes: readonly GraphNode[]): Join[] {
  const joins = new Map<string, Join>();
  for (const { id, kind, names } of nodes) {
    if (kind === 'segment') continue;
    for (const machine of names.flatMap((name) => drawn.view.machines.get(name) ?? []))
      for (const on of machine.interfaces) {
        const segment = drawn.idOf(segmentKey(on.segment));
        const isGateway = isGatewayBy(drawn, machine, on, on.addresses.map(bare));
        const before = joins.get(`${id} ${segment}`)?.isGateway ?? false;
        joins.set(`${id} ${segment}`, { machine: id, segment, isGateway: isGateway || before });
      }
  }
  return [...joins.values()];
}

function netOf({ view, idOf }: Drawn, nodes: readonly GraphNode[], joins: readonly Join[]): Net {
  const joined = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { machine, segment } of joins) {
    joined.get(machine)?.push(segment);
    joined.get(segment)?.push(machine);
  }
  const insideOf = ({ kind, names }: GraphNode): string[] => {
    const router = kind === 'router' ? view.machines.get(names[0] ?? '') : undefined;
    if (!router) return [];
    return ([4, 6] as const).flatMap((family) =>
      [...insideSegments(router, family)].map((name) => idOf(segmentKey(name))),
    );
  };
  return {
    nodes: nodes.map((node) => ({ id: node.id, kind: node.kind, title: node.title, inside: insideOf(node) })),
    joined,
  };
}

function linkOf(join: Join, steps: ReadonlyMap<string, number>): GraphLink {
  const machine = steps.get(join.machine) ?? 0;
  const segment = steps.get(join.segment) ?? 0;
  return { ...join, depth: Math.min(machine, segment), nearer: machine < segment ? 'machine' : 'segment' };
}
