/** Who speaks through a NAT so that it shows how it behaves: up to two hosts behind it, and two addresses outside. */
import type { Machine, MasqueradeMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { ownAddress } from '../../model/view.js';
import { walk } from '../../model/walk.js';

export type Outsider = { readonly machine: string; readonly address: string };
export type Actors = { readonly insiders: readonly string[]; readonly outsiders: readonly Outsider[] };

/** Looked at in search of those outside, in a large lab. */
const TRIED_AT_MOST = 200;
/** A port that nobody forwards by name, for the model to walk to. */
const SOME_PORT = 33_434;

/** Undefined where nobody is behind the NAT, or nobody in front of it can be reached. */
export function actorsOf(view: View, router: Machine, mapping: MasqueradeMapping): Actors | undefined {
  const insiders = insidersOf(view, router, mapping);
  const [first] = insiders;
  const outsiders = first ? outsidersOf(view, router, mapping, first) : [];
  if (outsiders.length === 0) return undefined;
  return { insiders: insiders.slice(0, 2).map(({ name }) => name), outsiders };
}

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
  const others = [...view.hosts, ...view.routers].filter((one) => one !== router).slice(0, TRIED_AT_MOST);
  for (const machine of others) {
    for (const one of machine.interfaces) {
      const address = behind.has(one.segment) ? undefined : ownAddress(one, 4);
      if (address === undefined) continue;
      const way = walk(view, insider, address, 'udp', SOME_PORT);
      if (way.dropped !== undefined || way.end !== machine.name || !pool.includes(way.source)) continue;
      found.push({ machine: machine.name, address });
    }
    // The way back has to be free as well: what is behind another NAT would not show this one's.
    if (found.length >= 2) break;
  }
  return found.slice(0, 2);
}
