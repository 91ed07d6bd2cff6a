/** The change from a router's present rules to the wanted ones, each table in one step, so that it is never without rules. */

/** A line of iptables-save(8) or for iptables-restore that enters one of labnet's chains: table, kernel's chain, labnet's. */
const JUMP = /^-A (\S+) -j (LABNET-\S+)$/;
const CHAIN = /^:(LABNET-\S+) /;

type Table = { readonly chains: Set<string>; readonly jumps: string[]; readonly rules: string[] };

/** labnet's rules in the output of iptables-save(8), or in a text for iptables-restore; other rules are left out. */
function labnetPart(text: string): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  let table: Table = { chains: new Set(), jumps: [], rules: [] };
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = { chains: new Set(), jumps: [], rules: [] };
      tables.set(line.slice(1), table);
    }
    const chain = CHAIN.exec(line)?.[1];
    if (chain !== undefined) table.chains.add(chain);
    else if (JUMP.test(line)) table.jumps.push(line);
    else if (line.startsWith('-A LABNET-')) table.rules.push(line);
  }
  for (const [name, { chains, jumps }] of tables)
    if (chains.size === 0 && jumps.length === 0) tables.delete(name);
  return tables;
}

/** A text without comments, for comparing two rulesets. */
export const comparable = (text: string): string =>
  [...labnetPart(text)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { chains, jumps, rules }]) =>
      [name, ...[...chains].sort(), ...[...jumps].sort(), ...rules.map(withoutComment)].join('\n'),
    )
    .join('\n');

const withoutComment = (rule: string): string => rule.replace(/ -m comment --comment ("[^"]*"|\S+)/, '');

/**
 * @param live what iptables-save(8) prints
 * @param wanted for iptables-restore, with the jumps into labnet's chains; empty where no rules are wanted
 * @returns for `iptables-restore --noflush`; empty where there is nothing to be done
 */
export function iptablesChange(live: string, wanted: string): string {
  const [before, after] = [labnetPart(live), labnetPart(wanted)];
  const tables = [...new Set([...before.keys(), ...after.keys()])];
  return tables.map((name) => tableChange(name, before.get(name), after.get(name))).join('');
}

const NONE: Table = { chains: new Set(), jumps: [], rules: [] };

function tableChange(name: string, before: Table = NONE, after: Table = NONE): string {
  const surplus = before.jumps.filter(
    (jump, index) => !after.jumps.includes(jump) || before.jumps.indexOf(jump) !== index,
  );
  const gone = [...before.chains].filter((chain) => !after.chains.has(chain));
  const lines = [
    `*${name}`,
    // Declared, a chain is emptied; nothing is seen of it before COMMIT.
    ...[...after.chains].map((chain) => `:${chain} - [0:0]`),
    ...surplus.map((jump) => jump.replace(/^-A/, '-D')),
    ...gone.flatMap((chain) => [`-F ${chain}`, `-X ${chain}`]),
    ...after.jumps.filter((jump) => !before.jumps.includes(jump)),
    ...after.rules,
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}

/** The tables of labnet's that a text for nft(8) makes, as `ip labnet`. */
export const tablesOf = (text: string): string[] =>
  [...text.matchAll(/^delete table (ip6? \S+)$/gm)].flatMap(([, name]) => name ?? []);
