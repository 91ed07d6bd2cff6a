/** Writes rules for iptables-restore(8). */
import type { Family } from '../core/ip.js';
import type { Machine } from '../model/lab.js';
import { mappingFamily } from '../model/view.js';
import type { Action, Chain, Match, Rule, RuleBlock } from '../nat/rule.js';
import { rulesOf } from '../nat/rules/index.js';
import { printable } from './text.js';

export type Table = 'mangle' | 'nat' | 'filter';
/** The name of an interface in the text. */
type Naming = (name: string) => string;

const CHAINS: Readonly<Record<Chain, { readonly table: Table; readonly from: string }>> = {
  'LABNET-NPT-IN': { table: 'mangle', from: 'PREROUTING' },
  'LABNET-NPT-OUT': { table: 'mangle', from: 'POSTROUTING' },
  'LABNET-DNAT': { table: 'nat', from: 'PREROUTING' },
  'LABNET-SNAT': { table: 'nat', from: 'POSTROUTING' },
  'LABNET-FORWARD': { table: 'filter', from: 'FORWARD' },
  'LABNET-INPUT': { table: 'filter', from: 'INPUT' },
};

export type Jump = { readonly table: Table; readonly from: string; readonly chain: Chain };

/** The chains of a machine, independent of its present mappings, as a change must empty chains that it no longer uses. */
function chainsOf({ nat }: Machine, family: Family): Chain[] {
  const kinds = new Set(nat.filter((one) => mappingFamily(one) === family).map(({ kind }) => kind));
  if (kinds.size === 0) return [];
  const tables = {
    mangle: kinds.has('nptv6'),
    nat: family === 4 || kinds.has('masquerade'),
    filter: true,
  } satisfies Record<Table, boolean>;
  return (Object.keys(CHAINS) as Chain[]).filter((chain) => tables[CHAINS[chain].table]);
}

/** The jumps from the kernel's chains to labnet's. */
export const jumpsOf = (machine: Machine, family: Family): Jump[] =>
  chainsOf(machine, family).map((chain) => ({ ...CHAINS[chain], chain }));

export type IptablesOptions = {
  readonly family: Family;
  /** Whether to add the jumps from the kernel's chains, which must be done only once for a machine; default: true. */
  readonly jumps?: boolean;
  /** The names of interfaces, if the rules are not for a namespace. */
  readonly nameOf?: Naming | undefined;
};

/**
 * The rules of a router, for `iptables-restore --noflush` or `ip6tables-restore`. Only labnet's own chains are replaced, each
 * table in one step. Empty for a machine without NAT.
 */
export function iptablesRestore(
  machine: Machine,
  file: string,
  { family, jumps = true, nameOf }: IptablesOptions,
): string {
  const written = rulesOf(machine, family);
  if (written.length === 0) return '';
  const blocks = nameOf ? written.map(renamed(nameOf)) : written;
  const head = `# ${machine.name}: written by labnet from ${printable(file)}`;
  const there = chainsOf(machine, family);
  const tables = (['mangle', 'nat', 'filter'] as const).flatMap((table) => {
    const chains = there.filter((chain) => CHAINS[chain].table === table);
    return chains.length === 0 ? [] : tableText(table, chains, blocks, file, jumps);
  });
  return `${[head, ...tables].join('\n')}\n`;
}

const renamed =
  (nameOf: Naming) =>
  ({ rules, ...block }: RuleBlock): RuleBlock => ({
    ...block,
    rules: rules.map(({ match, ...rule }) => ({ ...rule, match: renamedMatch(match, nameOf) })),
  });

const renamedMatch = (match: Match, nameOf: Naming): Match => ({
  ...match,
  ...(match.in !== undefined && { in: nameOf(match.in) }),
  ...(match.notIn !== undefined && { notIn: nameOf(match.notIn) }),
  ...(match.out !== undefined && { out: nameOf(match.out) }),
});

function tableText(
  table: Table,
  chains: readonly Chain[],
  blocks: readonly RuleBlock[],
  file: string,
  jumps: boolean,
): string[] {
  const body = blocks.flatMap((block) => blockText(block, chains, file));
  return [
    `*${table}`,
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...(jumps ? chains.map((chain) => `-A ${CHAINS[chain].from} -j ${chain}`) : []),
    ...body,
    'COMMIT',
  ];
}

function blockText({ line, title, rules }: RuleBlock, chains: readonly Chain[], file: string): string[] {
  const own = rules.filter(({ chain }) => chains.includes(chain));
  if (own.length === 0) return [];
  const origin = line > 0 ? `${printable(file)}:${line}` : '';
  return [
    '',
    `# ${origin ? `${origin} ` : ''}${printable(title)}`,
    ...own.map((rule) => ruleText(rule, origin)),
  ];
}

/** iptables-restore has no escape in quoted comments, so that characters that could end the comment are replaced. */
function ruleText({ chain, match, action, about }: Rule, origin: string): string {
  const comment = `-m comment --comment "${printable(origin ? `${origin} ${about}` : about)}"`;
  return ['-A', chain, ...matchText(match), comment, '-j', actionText(action)].join(' ');
}

function matchText(match: Match): string[] {
  const { source, destination, in: input, notIn, out, protocol, ports, states, mark } = match;
  const option = (flag: string, value: string | undefined): string[] =>
    value === undefined ? [] : [flag, value];
  return [
    ...option('-s', source),
    ...option('-d', destination),
    ...option('-i', input),
    ...option('! -i', notIn),
    ...option('-o', out),
    ...option('-p', protocol),
    ...option('--dport', ports && portText(ports, ':')),
    ...option('-m conntrack --ctstate', states?.join(',')),
    ...option('-m mark --mark', mark),
  ];
}

const portText = ({ first, last }: { first: number; last: number }, to: string): string =>
  first === last ? `${first}` : `${first}${to}${last}`;

function actionText(action: Action): string {
  switch (action.do) {
    case 'dnat':
      return `DNAT --to-destination ${action.to}${action.ports ? `:${portText(action.ports, '-')}${action.ports.first === action.ports.last ? '' : `/${action.ports.from}`}` : ''}`;
    case 'snat':
      return `SNAT --to-source ${action.to}${action.random ? ' --random-fully' : ''}`;
    case 'snpt':
    case 'dnpt':
      return `${action.do.toUpperCase()} --src-pfx ${action.prefix} --dst-pfx ${action.to}`;
    case 'mark':
      return `MARK --set-mark ${action.mark}`;
    case 'masquerade':
      return 'MASQUERADE';
    case 'accept':
      return 'ACCEPT';
    case 'drop':
      return 'DROP';
  }
}
