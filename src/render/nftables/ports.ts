/** How the external address and port of a new mapping are chosen. */
import { blockOf, drawn, ENTRIES, inOrder } from '../../nat/tables.js';
import { FIRST_PORT, LAST_PORT } from '../../nat/behaviour.js';
import { translateTo } from './endpoints.js';
import type { Chain, Named } from './parts.js';
import { PORTED } from './parts.js';
import type { Translator } from './names.js';
import { identify } from './identities.js';
import { keyOf } from './keys.js';
import { takenName } from './names.js';

/** As it is before a port. */
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const chainName = ({ id, mapping }: Translator, index: number): string =>
  mapping.pool.length === 1 ? `new${id}` : `new${id}_${index + 1}`;

/** What is known keeps its port; a new mapping gets an address of the pool. */
export function sharingOut(of: Translator): Chain[] {
  const {
    id,
    mapping,
    words: { ip },
  } = of;
  const { behaviour, pool } = mapping;
  const known = `${PORTED} ${translateTo('snat', keyOf(of), `own${id}`, of.words)}`;
  const isPerFlow = behaviour.mapping === 'address-and-port-dependent';
  const ways = pool.map((_, index) => `${index} : goto ${chainName(of, index)}`).join(', ');
  const chosen =
    behaviour.pooling === 'paired'
      ? `jhash ${ip} saddr mod ${pool.length} seed ${behaviour.seed ?? 1}`
      : `numgen inc mod ${pool.length}`;
  const rules = [
    ...(isPerFlow ? [] : [...identify(of, 'out'), known]),
    ...blockRules(of),
    pool.length === 1 ? `goto ${chainName(of, 0)}` : `${chosen} vmap { ${ways} }`,
  ];
  return [...blockChains(of), { name: `outward${id}`, rules }];
}

type Block = {
  readonly subscriber: string;
  readonly address: string;
  /** FIRST-LAST */
  readonly ports: string;
};

const blocksOf = ({ mapping: { behaviour, pool, subscribers = [] } }: Translator): Block[] =>
  behaviour.ports !== 'blocks'
    ? []
    : subscribers.map((subscriber, index) => {
        const { first, last } = blockOf(Math.floor(index / pool.length), behaviour.blockSize);
        return { subscriber, address: pool[index % pool.length] ?? '', ports: `${first}-${last}` };
      });

/** A subscriber's block; there is none for strangers. */
function blockRules(of: Translator): string[] {
  const { id, words } = of;
  const blocks = blocksOf(of);
  if (blocks.length === 0) return [];
  const each = (value: (block: Block, index: number) => string): string =>
    `{ ${blocks.map((block, index) => `${block.subscriber} : ${value(block, index)}`).join(', ')} }`;
  const way =
    words.ip === 'ip'
      ? `snat ip addr . port to ip saddr map ${each(({ address, ports }) => `${address} . ${ports}`)} fully-random`
      : `ip6 saddr vmap ${each((_, index) => `goto ${blockName(id, index)}`)}`;
  return [`${PORTED} ${way}`, `${PORTED} drop`];
}

const blockName = (id: number, index: number): string => `block${id}_${index + 1}`;

/** Of IPv6 the kernel takes no range from a map: there is a chain for each subscriber. */
const blockChains = (of: Translator): Chain[] =>
  of.words.ip === 'ip'
    ? []
    : blocksOf(of).map(({ address, ports }, index) => ({
        name: blockName(of.id, index),
        rules: [`${PORTED} snat to [${address}]:${ports} fully-random`],
      }));

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
  // By number: left to itself, the kernel prefers the port of another mapping of the same host and port.
  const free = `${PORTED} ${taken.map((map) => `meta l4proto . th sport != @${map}`).join(' ')} snat to ${bracketed(address)} : th sport`;
  if (ports === 'preserve') return [free, ...randomRules(of, address)];
  if (ports === 'parity') {
    const halves = ([0, 1] as const).flatMap((parity) =>
      randomRules(of, address, parity).map((rule) => `th sport & 1 == ${parity} ${rule}`),
    );
    return [free, ...halves];
  }
  if (ports === 'sequential')
    return [`${PORTED} snat to ${bracketed(address)} : numgen inc mod ${ENTRIES} map @${tableName(of)}`];
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

/** A number below `most` by the flow and a seed; of IPv6 in two steps, as nft(8) hashes no more than fits a rule. */
function hashed({ words: { ip }, mapping: { behaviour } }: Translator, seed: number, most: number): Hashed {
  const kind = behaviour.mapping;
  const peer = [
    ...(kind === 'endpoint-independent' ? [] : [`${ip} daddr`]),
    ...(kind === 'address-and-port-dependent' ? ['th dport'] : []),
  ];
  const host = `${ip} saddr . th sport`;
  const hash = (...parts: readonly string[]): string => `jhash ${parts.join(' . ')} mod ${most} seed ${seed}`;
  if (ip === 'ip') return { before: '', value: hash(host, ...peer) };
  return {
    before: `meta priority set jhash ${host} mod 2147483647 seed ${seed} `,
    value: hash('meta priority', ...peer),
  };
}

type Hashed = { readonly before: string; readonly value: string };

/** For another hash of the same. */
const SALT = 0x5bd1e995 & 0x7fffffff;

/** The kernel's own choice, or one of a table: by a hash of the mapping where a seed is to give the same again. */
function randomRules(of: Translator, address: string, parity?: 0 | 1): string[] {
  const { id, mapping } = of;
  const { seed } = mapping.behaviour;
  const to = bracketed(address);
  const any = `snat to ${to}:${FIRST_PORT}-${LAST_PORT} fully-random`;
  if (seed === undefined && parity === undefined) return [`${PORTED} ${any}`];
  const table = tableName(of, parity);
  if (seed === undefined)
    return [`${PORTED} snat to ${bracketed(address)} : numgen random mod ${ENTRIES} map @${table}`];
  const key = keyOf(of);
  const drawBy = (salt: number): string => {
    const { before, value } = hashed(of, salt, ENTRIES);
    return `${before}snat to ${to} : ${value} map @${table}`;
  };
  return [
    `${PORTED} ${key} @lost${id} ${parity === undefined ? any : `snat to ${to} : numgen random mod ${ENTRIES} map @${table}`}`,
    `${PORTED} ${key} @again${id} ${drawBy(seed ^ SALT)}`,
    `${PORTED} ${drawBy(seed)}`,
  ];
}
