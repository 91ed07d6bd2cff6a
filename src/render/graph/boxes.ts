/** Where the middle of a picture is, how far from it everything is, and what lies behind which router. */
import type { GraphBox } from './graph.js';

/** Machines and segments of a picture, joined: what a walk needs. */
export type Net = {
  /** In the order of the picture. */
  readonly nodes: readonly NetNode[];
  readonly joined: ReadonlyMap<string, readonly string[]>;
};
export type NetNode = {
  readonly id: string;
  readonly kind: 'segment' | 'router' | 'host';
  readonly title: string;
  /** Of a router that translates: the segments behind it. */
  readonly inside: readonly string[];
};

/** Steps from a node to all that it leads to, without going through another. */
export function distances(net: Net, from: string, without?: string): Map<string, number> {
  const found = new Map([[from, 0]]);
  for (const [id, steps] of found)
    for (const next of net.joined.get(id) ?? [])
      if (next !== without && !found.has(next)) found.set(next, steps + 1);
  return found;
}

/** Of each part that hangs together the node that is drawn as its middle. */
export function middles(net: Net): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  for (const { id } of net.nodes) {
    if (done.has(id)) continue;
    const part = distances(net, id);
    for (const one of part.keys()) done.add(one);
    found.push(
      middleOf(
        net,
        net.nodes.filter((node) => part.has(node.id)),
      ),
    );
  }
  return found;
}

/** Above this the most central of the likely ones is not looked for. */
const CANDIDATES = 20;

/**
 * The segment outside every NAT where most routers meet; of such the most central one. Where all of it is behind NAT and
 * no two routers meet, a router.
 */
function middleOf(net: Net, part: readonly NetNode[]): string {
  const inside = new Set(part.flatMap((node) => node.inside));
  const kinds = new Map(part.map(({ id, kind }) => [id, kind]));
  const routersOn = ({ id }: NetNode): number =>
    (net.joined.get(id) ?? []).filter((one) => kinds.get(one) === 'router').length;
  const segments = part.filter(({ kind }) => kind === 'segment');
  const outside = segments.filter(({ id }) => !inside.has(id));
  const likely = outside.length > 0 ? outside : segments.filter((segment) => routersOn(segment) > 1);
  if (likely.length === 0)
    return (part.find(({ kind }) => kind === 'router') ?? segments[0] ?? part[0])?.id ?? '';
  const most = Math.max(...likely.map(routersOn));
  const meeting = likely.filter((segment) => routersOn(segment) === most).slice(0, CANDIDATES);
  const far = meeting.map(({ id }) => Math.max(...distances(net, id).values()));
  return meeting[far.indexOf(Math.min(...far))]?.id ?? '';
}

/** The frames: behind every router that translates, and behind one that leads to nothing further. */
export function boxesOf(net: Net, roots: readonly string[]): GraphBox {
  const behind = net.nodes
    .filter(({ kind }) => kind === 'router')
    .flatMap((router) => partsBehind(net, router, new Set(roots)))
    .sort((a, b) => b.ids.size - a.ids.size);
  const all = new Set(net.nodes.map(({ id }) => id));
  return nest({ title: '', ids: all }, behind, { next: 0 });
}

type Part = { readonly title: string; readonly ids: ReadonlySet<string> };

function partsBehind(net: Net, router: NetNode, roots: ReadonlySet<string>): Part[] {
  const kinds = new Map(net.nodes.map(({ id, kind }) => [id, kind]));
  const parts: Part[] = [];
  for (const start of net.joined.get(router.id) ?? []) {
    if (parts.some(({ ids }) => ids.has(start))) continue;
    const ids = new Set(distances(net, start, router.id).keys());
    const isBehind = ![...ids].some((id) => roots.has(id)) && router.inside.length + ids.size > 1;
    const isLast = ![...ids].some((id) => kinds.get(id) === 'router');
    const isTranslated = router.inside.some((id) => ids.has(id));
    if (isBehind && (isLast || isTranslated)) parts.push({ title: `behind ${router.title}`, ids });
  }
  return parts;
}

/** Parts overlap only where one is in the other, as each is cut off by one router. */
function nest({ title, ids }: Part, parts: readonly Part[], counter: { next: number }): GraphBox {
  const id = `b${counter.next++}`;
  const within = parts.filter((part) => part.ids.size < ids.size && isWithin(part.ids, ids));
  const boxes: GraphBox[] = [];
  const taken = new Set<string>();
  for (const part of within) {
    if ([...part.ids].some((one) => taken.has(one))) continue;
    for (const one of part.ids) taken.add(one);
    boxes.push(nest(part, within, counter));
  }
  return { id, title, nodes: [...ids].filter((one) => !taken.has(one)), boxes };
}

const isWithin = (small: ReadonlySet<string>, large: ReadonlySet<string>): boolean =>
  [...small].every((one) => large.has(one));
