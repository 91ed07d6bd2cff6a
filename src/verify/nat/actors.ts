/** Chooses the machines that measure a NAT: up to two hosts behind it, and two addresses outside. */
import type { Family } from '../../core/ip.js';
import type { Machine, MasqueradeMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { mappingFamily, ownAddress } from '../../model/view.js';
import { walk } from '../../model/walk.js';

export type Outsider = { readonly machine: string; readonly address: string };
export type Actors = {
  readonly family: Family;
  readonly insiders: readonly string[];
  readonly outsiders: readonly Outsider[];
  /** False where the inside machines are NAT routers, whose own filters would hide that of the NAT. */
  readonly isOpen: boolean;
};

/** The most machines to consider outside, in a large lab. */
const TRIED_AT_MOST = 200;
/** The most machines to consider inside, as some may have no gateway. */
const INSIDERS_TRIED = 8;
/** A port that no mapping forwards, to compute the path with. */
const SOME_PORT = 33_434;

/** Undefined where no machine is behind the NAT, or none outside can be reached. */
export function actorsOf(view: View, router: Machine, mapping: MasqueradeMapping): Actors | undefined {
  const all = insidersOf(view, router, mapping);
  const open = all.filter((machine) => !isGuarded(machine, mappingFamily(mapping)));
  const insiders = open.length > 0 ? open : all;
  for (const [index, first] of insiders.slice(0, INSIDERS_TRIED).entries()) {
    const outsiders = outsidersOf(view, router, mapping, first);
    if (outsiders.length === 0) continue;
    const second = insiders
      .slice(index + 1, INSIDERS_TRIED)
      .find((one) =>
        outsiders.every(({ machine, address }) => getsOut(view, mapping, one, machine, address)),
      );
    const names = [first, ...(second ? [second] : [])].map(({ name }) => name);
    return { family: mappingFamily(mapping), insiders: names, outsiders, isOpen: open.length > 0 };
  }
  return undefined;
}

/** The shared address with which a machine is seen there, if any. */
function getsOut(
  view: View,
  { pool }: MasqueradeMapping,
  insider: Machine,
  machine: string,
  address: string,
): string | undefined {
  const way = walk(view, insider, address, 'udp', SOME_PORT);
  return way.dropped === undefined && way.end === machine && pool.includes(way.source)
    ? way.source
    : undefined;
}

/** Hosts with a public address of their own do not use the shared one. */
const hasOwnAddress = ({ nat }: Machine, machine: string): boolean =>
  nat.some((one) => one.kind === 'static' && one.inside.machine === machine);

/** A router with masquerade lets no unrequested packets in. */
const isGuarded = ({ nat }: Machine, family: Family): boolean =>
  nat.some((one) => one.kind === 'masquerade' && mappingFamily(one) === family);

/** Hosts before routers, which are behind the NAT of a carrier. */
function insidersOf(view: View, router: Machine, mapping: MasqueradeMapping): Machine[] {
  const { inside } = mapping;
  const family = mappingFamily(mapping);
  const behind = inside
    .flatMap(({ segment }) => view.on(segment))
    .filter(({ machine, interface: one }) => machine !== router && ownAddress(one, family) !== undefined)
    .filter(({ machine: { name } }) => family === 6 || !hasOwnAddress(router, name))
    .map(({ machine }) => machine);
  const unique = [...new Set(behind)];
  return [...unique.filter(({ kind }) => kind === 'host'), ...unique.filter(({ kind }) => kind === 'router')];
}

function outsidersOf(view: View, router: Machine, mapping: MasqueradeMapping, insider: Machine): Outsider[] {
  const family = mappingFamily(mapping);
  const behind = new Set(mapping.inside.map(({ segment }) => segment));
  const found: Outsider[] = [];
  const others = [...view.hosts, ...view.routers]
    .filter((one) => one !== router && !isGuarded(one, family))
    .slice(0, TRIED_AT_MOST);
  for (const machine of others) {
    for (const one of machine.interfaces) {
      const address = behind.has(one.segment) ? undefined : ownAddress(one, family);
      if (address === undefined) continue;
      const source = getsOut(view, mapping, insider, machine.name, address);
      if (source === undefined) continue;
      const back = walk(view, machine, source, 'udp', SOME_PORT);
      if (back.dropped !== undefined || back.end !== router.name) continue;
      found.push({ machine: machine.name, address });
    }
    if (found.length >= 2) break;
  }
  return found.slice(0, 2);
}
