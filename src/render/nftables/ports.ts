/** How the external address and port of a new mapping are chosen. */
import { blockOf, drawn, ENTRIES, inOrder } from '../../nat/tables.js';
import { FIRST_PORT, LAST_PORT } from '../../nat/behaviour.js';
import type { Chain, Named } from './parts.js';
import { PORTED } from './parts.js';
import type { Translator } from './names.js';
import { keyOf, takenName } from './names.js';

const chainName = ({ id, mapping }: Translator, index: number): string =>
  mapping.pool.length === 1 ? `new${id}` : `new${id}_${index + 1}`;

/** What is known keeps its port; a new mapping gets an address of the pool. */
export function sharingOut(of: Translator): Chain[] {
  const { id, mapping } = of;
  const { behaviour, pool } = mapping;
  const known = `${PORTED} snat ip addr . port to ${keyOf(behaviour.mapping)} map @own${id}`;
  const isPerFlow = behaviour.mapping === 'address-and-port-dependent';
  const ways = pool.map((_, index) => `${index} : goto ${chainName(of, index)}`).join(', ');
  const chosen =
    behaviour.pooling === 'paired'
      ? `jhash ip saddr mod ${pool.length} seed ${behaviour.seed ?? 1}`
      : `numgen inc mod ${pool.length}`;
  const rules = [
    ...(isPerFlow ? [] : [known]),
    ...(behaviour.ports === 'blocks' ? blockRules(of) : []),
    pool.length === 1 ? `goto ${chainName(of, 0)}` : `${chosen} vmap { ${ways} }`,
  ];
  return [{ name: `outward${id}`, rules }];
}

/** A subscriber's block; there is none for strangers. */
function blockRules({ mapping }: Translator): string[] {
  const { behaviour, pool, subscribers = [] } = mapping;
  const blocks = subscribers.map((subscriber, index) => {
    const { first, last } = blockOf(Math.floor(index / pool.length), behaviour.blockSize);
    return `${subscriber} : ${pool[index % pool.length] ?? ''} . ${first}-${last}`;
  });
  if (blocks.length === 0) return [];
  return [
    `${PORTED} snat ip addr . port to ip saddr map { ${blocks.join(', ')} } fully-random`,
    `${PORTED} drop`,
  ];
}

export function choosing(of: Translator): Chain[] {
  return of.mapping.pool.map((address, index) => ({
    name: chainName(of, index),
    rules: [`meta l4proto != { tcp, udp } snat to ${address}`, ...portRules(of, address, index)],
  }));
}

function portRules(of: Translator, address: string, index: number): string[] {
  const { ports } = of.mapping.behaviour;
  if (ports === 'blocks') return [];
  const taken = [takenName(of, index), ...(of.beside[index] ?? [])];
  const free = `${PORTED} ${taken.map((map) => `meta l4proto . th sport != @${map}`).join(' ')} snat to ${address}`;
  if (ports === 'preserve') return [free, ...randomRules(of, address)];
  if (ports === 'parity') {
    const halves = ([0, 1] as const).flatMap((parity) =>
      randomRules(of, address, parity).map((rule) => `th sport & 1 == ${parity} ${rule}`),
    );
    return [free, ...halves];
  }
  if (ports === 'sequential')
    return [`${PORTED} snat to ${address} : numgen inc mod ${ENTRIES} map @${tableName(of)}`];
  return randomRules(of, address);
}

/**
 * Whether a port is drawn from a table by a hash, which gives the same again also where that is another's: then there are
 * two more ways.
 */
export const isDrawn = ({ mapping: { behaviour } }: Translator): boolean =>
  behaviour.ports !== 'blocks' && behaviour.ports !== 'sequential' && behaviour.seed !== undefined;

const tableName = ({ id }: Translator, parity?: 0 | 1): string =>
  `table${id}${parity === undefined ? '' : parity === 0 ? '_even' : '_odd'}`;

/** The ports to choose from, by number. */
export function portTables(of: Translator): Named[] {
  const { ports, seed } = of.mapping.behaviour;
  const named = (numbers: readonly number[], parity?: 0 | 1): Named => ({
    kind: 'map',
    name: tableName(of, parity),
    type: 'typeof numgen inc mod 2 : th dport',
    elements: numbers.map((port, index) => `${index} : ${port}`),
    isGiven: true,
  });
  if (ports === 'sequential') return [named(inOrder())];
  if (ports === 'parity') return ([0, 1] as const).map((parity) => named(drawn(seed ?? 1, parity), parity));
  return isDrawn(of) ? [named(drawn(seed ?? 1))] : [];
}

const HASHED = {
  'endpoint-independent': 'ip saddr . th sport',
  'address-dependent': 'ip saddr . th sport . ip daddr',
  'address-and-port-dependent': 'ip saddr . th sport . ip daddr . th dport',
} as const;
/** For another hash of the same. */
const SALT = 0x5bd1e995 & 0x7fffffff;

/** The kernel's own choice, or one of a table: by a hash of the mapping where a seed is to give the same again. */
function randomRules(of: Translator, address: string, parity?: 0 | 1): string[] {
  const { id, mapping } = of;
  const { seed, mapping: kind } = mapping.behaviour;
  const any = `snat to ${address}:${FIRST_PORT}-${LAST_PORT} fully-random`;
  if (seed === undefined && parity === undefined) return [`${PORTED} ${any}`];
  const table = tableName(of, parity);
  if (seed === undefined)
    return [`${PORTED} snat to ${address} : numgen random mod ${ENTRIES} map @${table}`];
  const key = keyOf(kind);
  const drawBy = (salt: number): string =>
    `snat to ${address} : jhash ${HASHED[kind]} mod ${ENTRIES} seed ${salt} map @${table}`;
  return [
    `${PORTED} ${key} @lost${id} ${parity === undefined ? any : `snat to ${address} : numgen random mod ${ENTRIES} map @${table}`}`,
    `${PORTED} ${key} @again${id} ${drawBy(seed ^ SALT)}`,
    `${PORTED} ${drawBy(seed)}`,
  ];
}
