/** The table of nft(8) for what iptables has no words for: how a router's NAT maps and filters. */
import type { ForwardMapping, Machine } from '../../model/lab.js';
import { DEPENDENCES } from '../../core/nat-words.js';
import { needsNftables } from '../../nat/rules/kind.js';
import { printable } from '../text.js';
import type { Parts } from './parts.js';
import { partsText } from './parts.js';
import { filterParts } from './filter.js';
import { translator } from './translator.js';

export const NFT_TABLE = 'labnet';

/**
 * The table of a router, for `nft -f`, which puts it in place of the last in one step. Empty where iptables says it all.
 * @param nameOf what an interface is called where the rules are for another place than a namespace
 */
export function nftablesText(
  machine: Machine,
  file: string,
  nameOf: (name: string) => string = (name) => name,
): string {
  const blocks = blocksOf(machine, file, nameOf);
  if (blocks.length === 0) return '';
  const head = `# ${machine.name}: written by labnet from ${printable(file)}`;
  const table = `table ip ${NFT_TABLE}`;
  const body = blocks.flatMap(({ title, parts }) => ['', `  # ${printable(title)}`, ...partsText(parts)]);
  return `${[head, table, `delete ${table}`, `${table} {`, ...body, '}'].join('\n')}\n`;
}

type Block = { readonly title: string; readonly parts: Parts };

function blocksOf(machine: Machine, file: string, nameOf: (name: string) => string): Block[] {
  const translators = machine.nat.flatMap((one) =>
    one.kind === 'masquerade' && needsNftables(one) ? [one] : [],
  );
  const shared = translators.map((mapping, index) => {
    const origin = `${printable(file)}:${mapping.line}`;
    const { mapping: maps, filtering } = mapping.behaviour;
    const forwards = machine.nat.filter(
      (one): one is ForwardMapping => one.kind === 'forward' && mapping.pool.includes(one.public),
    );
    return {
      title: `${origin} ${mapping.preset}: mapping ${maps}, filtering ${filtering}`,
      parts: translator({ id: index + 1, mapping, forwards, nameOf, origin }),
    };
  });
  const filters = DEPENDENCES.flatMap((filtering) =>
    filterParts(machine, filtering).map((parts) => ({ title: `static: filtering ${filtering}`, parts })),
  );
  return [...shared, ...filters];
}
