/** The table of nft(8) for what iptables has no words for: how a router's NAT maps and filters. */
import type { Family } from '../../core/ip.js';
import type { ForwardMapping, Machine, MasqueradeMapping } from '../../model/lab.js';
import { OWN_TABLE } from '../../core/rule-place.js';
import { DEPENDENCES } from '../../core/nat-words.js';
import { needsNftables, wordOf } from '../../nat/rules/kind.js';
import { isOwnPort, mappingFamily } from '../../model/view.js';
import { printable } from '../text.js';
import type { Parts } from './parts.js';
import { partsText } from './parts.js';
import { filterParts } from './filter.js';
import { reservedName, takenName, WORDS } from './names.js';
import { translator } from './translator.js';

export const NFT_TABLE = OWN_TABLE;

/**
 * The table of a router, for `nft -f`, which puts it in place of the last in one step. Empty where iptables says it all.
 * @param nameOf what an interface is called where the rules are for another place than a namespace
 */
export function nftablesText(
  machine: Machine,
  file: string,
  nameOf: (name: string) => string = (name) => name,
): string {
  const tables = FAMILIES.flatMap((family) => tableText(family, blocksOf(machine, family, file, nameOf)));
  if (tables.length === 0) return '';
  return `${[`# ${machine.name}: written by labnet from ${printable(file)}`, ...tables].join('\n')}\n`;
}

const FAMILIES = [4, 6] as const;

/** The words by which `nft list` and `nft delete` know it. */
export const tableName = (family: Family): [string, string, string] => ['table', WORDS[family].ip, NFT_TABLE];

function tableText(family: Family, blocks: readonly Block[]): string[] {
  if (blocks.length === 0) return [];
  const table = tableName(family).join(' ');
  const body = blocks.flatMap(({ line, origin, title, parts }) => [
    '',
    `  # ${line > 0 ? `${origin} ` : ''}${printable(title)}`,
    ...partsText(parts()),
  ]);
  return [table, `delete ${table}`, `${table} {`, ...body, '}'];
}

/** Empties the maps of a router's table, for `nft -f`: it no longer knows anybody. */
export function forgetText(machine: Machine, file: string): string {
  return FAMILIES.flatMap((family) =>
    blocksOf(machine, family, file, (name) => name)
      .flatMap(({ parts }) => parts().sets)
      .filter(({ isGiven = false }) => !isGiven)
      .map(({ kind, name }) => `flush ${kind} ${WORDS[family].ip} ${NFT_TABLE} ${name}\n`),
  ).join('');
}

/** What each part of the table is for, and by what its rules' comments begin. */
export const nftablesTitles = (
  machine: Machine,
  family: Family,
  file: string,
): readonly Omit<Block, 'parts'>[] =>
  blocksOf(machine, family, file, (name) => name).map(({ line, title, origin }) => ({ line, title, origin }));

/** Counted for their names: what one of them is called does not depend on how the others behave. */
export const sharedBy = ({ nat }: Machine): MasqueradeMapping[] =>
  nat.flatMap((one) => (one.kind === 'masquerade' ? [one] : []));

type Block = {
  /** Of the topology; 0 for what comes from several. */
  readonly line: number;
  readonly title: string;
  readonly origin: string;
  /** Made when it is asked for: most of the work, and not what a title needs. */
  readonly parts: () => Parts;
};

/** For each address of a mapping's pool the maps of others that share it, and what is forwarded of it. */
const besideOf = (machine: Machine, mapping: MasqueradeMapping, id: number): string[][] =>
  mapping.pool.map((address, position) => [
    ...(machine.nat.some((one) => one.kind === 'forward' && one.public === address)
      ? [reservedName({ id, mapping }, position)]
      : []),
    ...sharedBy(machine).flatMap((other, index) => {
      const at = other.pool.indexOf(address);
      return other === mapping || at < 0 ? [] : takenName({ id: index + 1, mapping: other }, at);
    }),
  ]);

/** Under which the same hosts are seen by other NATs of the router. */
function othersOf(machine: Machine, mapping: MasqueradeMapping): string[] {
  const segments = new Set(mapping.inside.map(({ segment }) => segment));
  const others = sharedBy(machine)
    .filter((other) => mappingFamily(other) === mappingFamily(mapping))
    .filter(({ inside }) => inside.some(({ segment }) => segments.has(segment)));
  const pools = others.flatMap(({ pool }) => pool).filter((address) => !mapping.pool.includes(address));
  return [...new Set(pools)];
}

function blocksOf(machine: Machine, family: Family, file: string, nameOf: (name: string) => string): Block[] {
  const shared = sharedBy(machine).flatMap((mapping, index) => {
    if (mappingFamily(mapping) !== family || !needsNftables(machine, mapping)) return [];
    const origin = `${printable(file)}:${mapping.line}`;
    const { mapping: maps, filtering } = mapping.behaviour;
    const forwards = machine.nat.filter(
      (one): one is ForwardMapping => one.kind === 'forward' && mapping.pool.includes(one.public),
    );
    return {
      line: mapping.line,
      origin,
      title: `${wordOf(mapping)}: ${mapping.inside.map(({ segment }) => segment).join(', ')} behind ${mapping.pool.length > 1 ? `a pool of ${mapping.pool.length}` : mapping.public} on ${mapping.outside} (${mapping.preset}: ${maps} mapping, ${filtering} filtering)`,
      parts: () =>
        translator({
          id: index + 1,
          mapping,
          forwards,
          own: forwards.filter((one) => isOwnPort(machine, one)),
          beside: besideOf(machine, mapping, index + 1),
          others: othersOf(machine, mapping),
          nameOf,
          origin,
          words: WORDS[family],
        }),
    };
  });
  if (family === 6) return shared;
  const filters = DEPENDENCES.flatMap((filtering) =>
    filterParts(machine, filtering).map((parts) => ({
      line: 0,
      origin: 'static:',
      title: `static: ${filtering} filtering`,
      parts: () => parts,
    })),
  );
  return [...shared, ...filters];
}
