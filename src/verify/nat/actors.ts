/** Who speaks through a NAT so that it shows how it behaves: up to two hosts behind it, and two addresses outside. */
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
  /** False where those behind it are routers that shut out themselves what comes unasked: no filter shows then. */
  readonly isOpen: boolean;
};

/** Looked at in search of those outside, in a large lab. */
const TRIED_AT_MOST = 200;
/** Of those inside; one may have no gateway. */
const INSIDERS_TRIED = 8;
/** A port that nobody forwards by name, for the model to walk to. */
const SOME_PORT = 33_434;

/** Undefined where nobody is behind the NAT, or nobody in front of it can be reached. */
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

/** Whether one is seen there under an address that is shared; undefined where not. */
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

/** Who is published under an address of its own does not show how the shared one works. */
const hasOwnAddress = ({ nat }: Machine, machine: string): boolean =>
  nat.some((one) => one.kind === 'static' && one.inside.machine === machine);

/** A router that shares an address lets nothing in there that is not asked for. */
const isGuarded = ({ nat }: Machine, family: Family): boolean =>
  nat.some((one) => one.kind === 'masquerade' && mappingFamily(one) === family);

/** Hosts before routers: the NAT of a carrier has routers behind it. */
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
