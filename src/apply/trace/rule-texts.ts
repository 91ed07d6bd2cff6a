/** Texts of the kernel's rules: the trace has only handles, iptables and the topology have their text. */
import type { MatchedRule } from './rule-trace.js';
import type { TracedRule } from './result.js';

/** The rules of a machine, by `TABLE HANDLE`. */
export type RuleTexts = ReadonlyMap<string, string>;

const IPTABLES: readonly string[] = ['raw', 'mangle', 'nat', 'filter', 'security'];

/**
 * @param nft `nft -a list ruleset`
 * @param saved what iptables-save and ip6tables-save print, by family
 */
export function ruleTexts(nft: string, saved: Readonly<Record<'ip' | 'ip6', string>>): RuleTexts {
  const chains = readRuleset(nft);
  const ofIptables = { ip: readSaved(saved.ip), ip6: readSaved(saved.ip6) };
  return new Map(
    chains.flatMap(({ family, table, chain, rules }) => {
      const known =
        (family === 'ip' || family === 'ip6') && IPTABLES.includes(table)
          ? (ofIptables[family].get(`${table} ${chain}`) ?? [])
          : [];
      // Both list a chain in its order; if rules changed between the two listings, nft's text is used.
      const isSame = known.length === rules.length;
      return rules.map(({ handle, text }, index): [string, string] => [
        `${family} ${table} ${handle}`,
        (isSame ? known[index] : undefined) ?? text,
      ]);
    }),
  );
}

type ListedChain = {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly rules: { readonly handle: number; readonly text: string }[];
};

function readRuleset(text: string): ListedChain[] {
  const chains: ListedChain[] = [];
  let [family, table] = ['', ''];
  let chain: ListedChain | undefined;
  let rule = '';
  for (const line of text.split('\n').map((one) => one.trim())) {
    const [, ofFamily, ofTable] = /^table (\S+) (\S+) \{/.exec(line) ?? [];
    const [, name] = /^chain (\S+) \{/.exec(line) ?? [];
    if (ofFamily !== undefined && ofTable !== undefined) [family, table] = [ofFamily, ofTable];
    else if (name !== undefined) chains.push((chain = { family, table, chain: name, rules: [] }));
    else if (line === '}' && rule === '') chain = undefined;
    else if (chain && !/^type \w+ hook |^policy \w+;$/.test(line)) {
      // A long rule takes several lines, the last of which has the handle.
      rule = `${rule} ${line}`.trim();
      const [, words, handle] = /^(.*?) # handle (\d+)$/.exec(rule) ?? [];
      if (words === undefined) continue;
      chain.rules.push({ handle: Number(handle), text: withoutCounter(words) });
      rule = '';
    }
  }
  return chains;
}

const withoutCounter = (text: string): string =>
  text
    .replace(/\bcounter packets \d+ bytes \d+ ?/, '')
    .replace(/\s+/g, ' ')
    .trim();

/** The rules of each chain, by `TABLE CHAIN`. */
function readSaved(text: string): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, rule, chain = ''] = /^(?:\[\d+:\d+\] )?(-A (\S+) ?.*)$/.exec(line) ?? [];
    if (rule === undefined) continue;
    const key = `${table} ${chain}`;
    const known = chains.get(key);
    if (known) known.push(rule);
    else chains.set(key, [rule]);
  }
  return chains;
}

/**
 * The rules that a packet matched. A rule without a text stands for the rule that led to its chain.
 * @param file the topology's, by which the comments of labnet's rules begin
 */
export function tracedRules(matched: readonly MatchedRule[], texts: RuleTexts, file: string): TracedRule[] {
  let led: TracedRule | undefined;
  return matched.map((one) => {
    const rule = tracedRule(one, texts, file);
    const at = rule.at ?? (rule.own && led?.table === rule.table ? led.at : undefined);
    const told = at ? { ...rule, at } : rule;
    led = /^(jump|goto) /.test(rule.verdict) ? told : undefined;
    return told;
  });
}

function tracedRule(matched: MatchedRule, texts: RuleTexts, file: string): TracedRule {
  const known = texts.get(`${matched.table} ${matched.handle}`) ?? withoutCounter(matched.text);
  const comment = / comment "([^"]*)"| --comment (?:"([^"]*)"|(\S+))/.exec(known);
  const [, line] = /^.*:(\d+) /.exec(comment?.[1] ?? comment?.[2] ?? '') ?? [];
  const own =
    matched.chain.startsWith('LABNET-') ||
    /^ip6? labnet$/.test(matched.table) ||
    /-j LABNET-\S+$/.test(known);
  return {
    text: known.replace(/ -m comment --comment ("[^"]*"|\S+)/, '').replace(/ comment "[^"]*"/, ''),
    table: matched.table,
    chain: matched.chain,
    verdict: matched.verdict,
    own,
    ...(own && line !== undefined && { at: { file, line: Number(line) } }),
  };
}
