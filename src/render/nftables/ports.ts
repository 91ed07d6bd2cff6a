/** How the external address and port of a new mapping are chosen. */
import { blockOf, drawn, inOrder } from '../../nat/tables.js';
import { FIRST_PORT, LAST_PORT } from '../../nat/behaviour.js';
import type { Chain } from './parts.js';
import { PORTED } from './parts.js';
import type { Translator } from './names.js';
import { keyOf, portsName } from './names.js';

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
  const free = `${PORTED} meta l4proto . th sport != @${portsName(of, index)} snat to ${address}`;
  if (ports === 'preserve') return [free, ...randomRules(of, address)];
  if (ports === 'parity') {
    const halves = ([0, 1] as const).flatMap((parity) =>
      randomRules(of, address, parity).map((rule) => `th sport & 1 == ${parity} ${rule}`),
    );
    return [free, ...halves];
  }
  if (ports === 'sequential') return [`${PORTED} snat to ${address} : numgen inc ${tableOf(inOrder())}`];
  return randomRules(of, address);
}

/** The kernel's own choice, or one of a table: by a hash of the mapping where a seed is to give the same again. */
function randomRules({ id, mapping }: Translator, address: string, parity?: 0 | 1): string[] {
  const { behaviour } = mapping;
  const { seed } = behaviour;
  if (seed === undefined && parity === undefined)
    return [`${PORTED} snat to ${address}:${FIRST_PORT}-${LAST_PORT} fully-random`];
  const table = tableOf(drawn(seed ?? 1, parity));
  if (seed === undefined) return [`${PORTED} snat to ${address} : numgen random ${table}`];
  const key = ['ip saddr', 'th sport', 'ip daddr', 'th dport']
    .slice(
      0,
      { 'endpoint-independent': 2, 'address-dependent': 3, 'address-and-port-dependent': 4 }[
        behaviour.mapping
      ],
    )
    .join(' . ');
  const hashed = (salt: number, when: string): string =>
    `${PORTED} ${when}snat to ${address} : jhash ${key} ${table.replace(' map', ` seed ${salt} map`)}`;
  // Two mappings may hash to one port: the later one, dropped once, is told apart by another hash.
  return behaviour.mapping === 'address-and-port-dependent'
    ? [hashed(seed, '')]
    : [
        hashed(seed ^ (0x5bd1e995 & 0x7fffffff), `${keyOf(behaviour.mapping)} @again${id} `),
        hashed(seed, ''),
      ];
}

const tableOf = (ports: readonly number[]): string =>
  `mod ${ports.length} map { ${ports.map((port, index) => `${index} : ${port}`).join(', ')} }`;
