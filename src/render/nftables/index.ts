/** The table of nft(8) for what iptables has no words for: how a router's NAT maps and filters. */
import type { ForwardMapping, Machine, StaticMapping } from '../../model/lab.js';
import { DEPENDENCES } from '../../core/nat-words.js';
import { LINUX_TIMEOUTS } from '../../nat/behaviour.js';
import { isFiltered, needsNftables } from '../../nat/rules/kind.js';
import { printable } from '../text.js';
import type { Parts } from './parts.js';
import { list, partsText, PORTED } from './parts.js';
import { isUnasked, LEARN_HOOK, PERMIT_HOOK, permitRules, permitSet, translator } from './translator.js';

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
  return [...shared, ...DEPENDENCES.flatMap((filtering) => filterBlock(machine, filtering))];
}

/** Who may come in to hosts that have a public address of their own. */
function filterBlock({ nat }: Machine, filtering: (typeof DEPENDENCES)[number]): Block[] {
  const hosts = nat.filter(
    (one): one is StaticMapping => one.kind === 'static' && isFiltered(one) && one.filtering === filtering,
  );
  if (hosts.length === 0) return [];
  const name = filtering === 'address-dependent' ? 'permits_address' : 'permits_port';
  const inside = list(hosts.map(({ inside: { address } }) => address));
  const publics = list(hosts.map((one) => one.public));
  const chain = name.replace('permits', 'filter');
  return [
    {
      title: `static: filtering ${filtering}`,
      parts: {
        sets: permitSet(name, filtering),
        chains: [
          {
            name: name.replace('permits', 'permit'),
            hook: PERMIT_HOOK,
            rules: permitRules(name, filtering, `ip saddr ${inside}`, LINUX_TIMEOUTS),
          },
          {
            name: chain,
            hook: LEARN_HOOK,
            rules: [
              `ct original ip daddr ${publics} ct status dnat ct direction original ct state new ${PORTED} ${isUnasked(name, filtering)} counter drop comment "unasked"`,
            ],
          },
        ],
      },
    },
  ];
}
