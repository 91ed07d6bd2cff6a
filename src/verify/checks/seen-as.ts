import type { Family } from '../../core/ip.js';
import type { Machine, Mapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { isPublicOf, mappingFamily, ownAddress } from '../../model/view.js';
import { walk } from '../../model/walk.js';
import { bestAddress } from '../../plan/hosts.js';
import type { Check, CheckKind, CheckProbe, Evidence, Judgement } from '../check.js';
import { countText, expectPing, linesOf, reachOf } from './common.js';

export const seenAs: CheckKind = {
  kind: 'seen-as',
  about: 'the destination sees every translated source under its public address, captured there',
  derive: (view) =>
    view.routers.flatMap((router) => router.nat.flatMap((mapping) => checkOf(view, router, mapping))),
};

/** The most pairs to try in search of one that a mapping translates. */
const PAIRS_AT_MOST = 400;

function checkOf(view: View, router: Machine, mapping: Mapping): Check[] {
  if (mapping.kind === 'forward') return [];
  const insides =
    mapping.kind === 'static' ? [mapping.inside.machine] : mapping.inside.map(({ segment }) => segment);
  const many = insides.length > 1;
  return insides.flatMap((inside): Check[] => {
    const pair = findPair(view, router, mapping, inside);
    if (!pair) return [];
    const { source, destination, to, as } = pair;
    const seen = mapping.kind === 'masquerade' ? mapping.pool : [as];
    const probe = expectPing(source.name, to);
    const name = mapping.kind === 'static' ? inside : `${router.name}${many ? `:${inside}` : ''}`;
    const who = mapping.kind === 'static' ? inside : `${inside} (${source.name})`;
    return [
      {
        id: `seen-as/${name}`,
        kind: 'seen-as',
        expectation: `${destination.name} sees ${who} as ${publicText(seen)}`,
        line: mapping.line,
        probes: [probe],
        listeners: [],
        captures: [destination.name],
        judge: (evidence) => judgeSeenAs(probe, destination.name, seen, evidence),
      },
    ];
  });
}

const publicText = ([first = '', ...more]: readonly string[]): string => {
  return more.length === 0 ? first : `one of ${first} to ${more.at(-1) ?? ''}`;
};

type Pair = {
  readonly source: Machine;
  readonly destination: Machine;
  readonly to: string;
  readonly as: string;
};

/** A source behind the mapping, and a destination that should see it with the mapping's public address. */
function findPair(
  view: View,
  router: Machine,
  mapping: Exclude<Mapping, { kind: 'forward' }>,
  inside: string,
): Pair | undefined {
  let tried = 0;
  for (const source of sourcesOf(view, router, mapping, inside)) {
    for (const { destination, to } of destinationsOf(view, router, source, mappingFamily(mapping))) {
      if (++tried > PAIRS_AT_MOST) return undefined;
      const way = walk(view, source, to);
      if (way.dropped === undefined && way.end === destination.name && isPublicOf(mapping, way.source))
        return { source, destination, to, as: way.source };
    }
  }
  return undefined;
}

function sourcesOf(
  view: View,
  router: Machine,
  mapping: Exclude<Mapping, { kind: 'forward' }>,
  inside: string,
): Machine[] {
  if (mapping.kind === 'static') return [view.machines.get(inside)].flatMap((machine) => machine ?? []);
  const near = view
    .on(inside)
    .map(({ machine }) => machine)
    .filter((machine) => machine !== router);
  // Hosts before routers; if there are only routers, hosts behind them.
  return [
    ...near.filter(({ kind }) => kind === 'host').slice(0, 4),
    ...near.filter(({ kind }) => kind === 'router').slice(0, 4),
  ];
}

/** Other hosts with the address that the source knows, then the routers on the outside. */
function* destinationsOf(
  view: View,
  router: Machine,
  source: Machine,
  family: Family,
): Generator<Omit<Pair, 'source' | 'as'>> {
  const reach = reachOf(view, source, family);
  for (const destination of view.hosts) {
    if (destination === source) continue;
    const to = bestAddress(view, destination, family, reach);
    if (to !== undefined) yield { destination, to };
  }
  for (const { segment } of router.interfaces) {
    for (const { machine, interface: one } of view.routersOn(segment)) {
      const to = ownAddress(one, family);
      if (machine !== router && machine !== source && to !== undefined) yield { destination: machine, to };
    }
  }
}

export function judgeSeenAs(
  probe: CheckProbe,
  destination: string,
  expected: readonly string[],
  { arrived, result, sawAll }: Evidence,
): Judgement {
  const packets = arrived(destination, 0);
  const sent = `${probe.machine} -> ${probe.to}: ${countText(result(0))}`;
  const lines = linesOf(destination, packets);
  const wrong = packets.find(({ source }) => !expected.includes(source));
  if (wrong)
    return {
      status: 'fail',
      observed: `seen as ${wrong.source}`,
      evidence: [sent, ...linesOf(destination, [wrong])],
      failed: [0],
      cause: `wrong source: ${wrong.source} instead of ${expected.join(' or ')}`,
    };
  if (packets.length > 0)
    return { status: 'pass', observed: `seen as ${packets[0]?.source ?? ''}`, evidence: [...lines, sent] };
  if (!sawAll(destination))
    return { status: 'error', observed: `the capture at ${destination} failed`, evidence: [sent] };
  return { status: 'fail', observed: `nothing arrived at ${destination}`, evidence: [sent], failed: [0] };
}
