/** Who speaks through a NAT so that it shows how it behaves: up to two hosts behind it, and two addresses outside. */
import type { Machine, MasqueradeMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { ownAddress } from '../../model/view.js';
import { walk } from '../../model/walk.js';

export type Outsider = { readonly machine: string; readonly address: string };
export type Actors = {
  readonly insiders: readonly string[];
  readonly outsiders: readonly Outsider[];
  /** False where those behind it are routers that shut out themselves what comes unasked: no filter shows then. */
  readonly isOpen: boolean;
};

/** Looked at in search of those outside, in a large lab. */
const TRIED_AT_MOST = 200;
/** A port that nobody forwards by name, for the model to walk to. */
const SOME_PORT = 33_434;

/** Undefined where nobody is behind the NAT, or nobody in front of it can be reached. */
export function actorsOf(view: View, router: Machine, mapping: MasqueradeMapping): Actors | undefined {
  const all = insidersOf(view, router, mapping);
  const open = all.filter((machine) => !isGuarded(machine));
  const insiders = open.length > 0 ? open : all;
  const [first] = insiders;
  const outsiders = first ? outsidersOf(view, router, mapping, first) : [];
  if (outsiders.length === 0) return undefined;
  const names = insiders.slice(0, 2).map(({ name }) => name);
  return { insiders: names, outsiders, isOpen: open.length > 0 };
}

/** A router that shares an address lets nothing in there that is not asked for. */
const isGuarded = ({ nat }: Machine): boolean => nat.some(({ kind }) => kind === 'masquerade');

/** Hosts before routers: the NAT of a carrier has routers behind it. */
function insidersOf(view: View, router: Machine, { inside }: MasqueradeMapping): Machine[] {
  const behind = inside
    .flatMap(({ segment }) => view.on(segment))
    .filter(({ machine, interface: one }) => machine !== router && ownAddress(one, 4) !== undefined)
    .map(({ machine }) => machine);
  const unique = [...new Set(behind)];
  return [...unique.filter(({ kind }) => kind === 'host'), ...unique.filter(({ kind }) => kind === 'router')];
}

function outsidersOf(
  view: View,
  router: Machine,
  { pool, inside }: MasqueradeMapping,
  insider: Machine,
): Outsider[] {
  const behind = new Set(inside.map(({ segment }) => segment));
  const found: Outsider[] = [];
  const others = [...view.hosts, ...view.routers]
    .filter((one) => one !== router && !isGuarded(one))
    .slice(0, TRIED_AT_MOST);
  for (const machine of others) {
    for (const one of machine.interfaces) {
      const address = behind.has(one.segment) ? undefined : ownAddress(one, 4);
      if (address === undefined) continue;
      const way = walk(view, insider, address, 'udp', SOME_PORT);
      if (way.dropped !== undefined || way.end !== machine.name || !pool.includes(way.source)) continue;
      const back = walk(view, machine, way.source, 'udp', SOME_PORT);
      if (back.dropped !== undefined || back.end !== router.name) continue;
      found.push({ machine: machine.name, address });
    }
    if (found.length >= 2) break;
  }
  return found.slice(0, 2);
}
