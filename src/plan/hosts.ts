/**
 * The hosts file of a machine: every name with the address by which this machine reaches it. From outside, a host behind
 * NAT has its public address, as in a DNS with views; NAME.SEGMENT is always the address on that segment.
 */
import type { Family } from '../core/ip.js';
import { memoizedFor } from '../core/memo.js';
import type { Machine, NptMapping } from '../model/lab.js';
import type { Reach } from '../model/reach.js';
import { reachFrom } from '../model/reach.js';
import type { View } from '../model/view.js';
import { ownAddress, translatedOut } from '../model/view.js';

const LOCAL = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n';

export const hostsFile = (view: View, viewer: Machine): string => LOCAL + labHosts(view, viewer);

/** Texts for hosts on the same segments, computed once for possibly thousands of hosts. */
const textsIn = memoizedFor<View, Map<string, string>>(() => new Map());

/** Only the lab's names, for a machine that already has a hosts file. */
export function labHosts(view: View, viewer: Machine): string {
  if (viewer.kind === 'router') return makeHosts(view, viewer);
  const made = textsIn(view);
  const place = viewer.interfaces
    .map((one) => `${one.segment} ${ownAddress(one, 4) ? 4 : ''}${ownAddress(one, 6) ? 6 : ''}`)
    .join(',');
  const text = made.get(place) ?? makeHosts(view, viewer);
  made.set(place, text);
  return text;
}

function makeHosts(view: View, viewer: Machine): string {
  const reaches = { 4: reachFrom(view, viewer, 4), 6: reachFrom(view, viewer, 6) };
  let text = '';
  for (const names of namesIn(view)) {
    text += linesOf(names, bestOf(view, names, reaches[names.family]) ?? names.own[0]?.address);
  }
  return text;
}

/** One line for each address. The machine's own name comes first, as reverse look-ups return the first name. */
function linesOf(names: Names, best: string | undefined): string {
  const known = names.lines.get(best);
  if (known !== undefined) return known;
  const { machine, own } = names;
  const line = (address: string, called: readonly string[]) => `${address} ${called.join(' ')}\n`;
  const at = (wanted: string) => own.filter(({ address }) => address === wanted);
  const others = new Set(own.map(({ address }) => address).filter((address) => address !== best));
  const text = [
    ...(best === undefined ? [] : [line(best, [machine, ...at(best).map(nameAt(machine))])]),
    ...[...others].map((address) => line(address, at(address).map(nameAt(machine)))),
  ].join('');
  names.lines.set(best, text);
  return text;
}

const nameAt =
  (machine: string) =>
  ({ segment }: Own): string =>
    `${machine}.${segment}`;

type Own = { readonly address: string; readonly segment: string };
type Names = {
  readonly machine: string;
  readonly family: Family;
  readonly own: readonly Own[];
  /** What has been written of it, by the address under which it is best reached: few differ. */
  readonly lines: Map<string | undefined, string>;
};

/** Data about the lab's machines, shared by all hosts files. */
const namesIn = memoizedFor((view: View): readonly Names[] =>
  view.lab.machines
    .flatMap((machine) => [namesOf(machine, 4), namesOf(machine, 6)])
    .filter(({ machine, family, own }) => own.length > 0 || (family === 4 && publishedIn(view).has(machine))),
);

function namesOf({ name: machine, interfaces }: Machine, family: Family): Names {
  const own = interfaces.flatMap((one): Own[] => {
    const address = ownAddress(one, family);
    return address === undefined ? [] : [{ address, segment: one.segment }];
  });
  return { machine, family, own, lines: new Map() };
}

/** The address by which a machine is reached: its own if a path leads there untranslated, otherwise a public one. */
export const bestAddress = (view: View, machine: Machine, family: Family, reach: Reach): string | undefined =>
  bestOf(view, namesOf(machine, family), reach);

function bestOf(
  view: View,
  { machine, family, own }: Names,
  { segments, routers }: Reach,
): string | undefined {
  let reached: string | undefined;
  for (const { address, segment } of own) {
    if (!segments.has(segment)) continue;
    // The viewer is on that segment itself.
    if (segments.get(segment) === undefined) return address;
    reached ??= address;
  }
  return (
    reached ?? (family === 4 ? publicAddress(view, machine, routers) : renumberedAddress(view, own, routers))
  );
}

/** The address with which a reachable router publishes the machine, or a port of it. */
function publicAddress(view: View, machine: string, routers: Reach['routers']): string | undefined {
  let forwarded: string | undefined;
  for (const one of publishedIn(view).get(machine) ?? []) {
    if (!routers.has(one.router)) continue;
    if (one.kind === 'static') return one.public;
    forwarded ??= one.public;
  }
  return forwarded;
}

/** The public address that a reachable router gives to an address. */
function renumberedAddress(view: View, own: readonly Own[], routers: Reach['routers']): string | undefined {
  for (const { router, mapping } of renumberingIn(view)) {
    if (!routers.has(router)) continue;
    for (const { address, segment } of own) {
      const isBehind = mapping.inside.some((one) => one.segment === segment);
      const shown = isBehind ? translatedOut(mapping, address) : undefined;
      if (shown !== undefined) return shown;
    }
  }
  return undefined;
}

type Renumbering = { readonly router: string; readonly mapping: NptMapping };

const renumberingIn = memoizedFor(({ routers }: View): readonly Renumbering[] =>
  routers.flatMap(({ name: router, nat }) =>
    nat.flatMap((mapping) => (mapping.kind === 'nptv6' ? [{ router, mapping }] : [])),
  ),
);

type Published = { readonly router: string; readonly kind: 'static' | 'forward'; readonly public: string };

/** The routers that publish a machine, by its name. */
const publishedIn = memoizedFor(({ routers }: View): ReadonlyMap<string, readonly Published[]> => {
  const found = new Map<string, Published[]>();
  for (const { name: router, nat } of routers) {
    for (const mapping of nat) {
      if (mapping.kind === 'masquerade' || mapping.kind === 'nptv6' || mapping.inside.machine === router)
        continue;
      const of = found.get(mapping.inside.machine) ?? [];
      found.set(mapping.inside.machine, of);
      of.push({ router, kind: mapping.kind, public: mapping.public });
    }
  }
  return found;
});
