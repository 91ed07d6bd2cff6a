/** Where a rule is in the kernel, in the words by which its text is found again (apply/watch/rules.ts). */
import { rulePlace } from '../../../../core/rule-place.js';
import type { CountingRule } from '../../../../sys/netlink/nftables.js';

const FAMILIES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 10: 'ip6' };

/** Counts the rules of each chain; to be called with each rule there is, in order. */
export function placeCounter(): (rule: CountingRule) => string {
  const counted = new Map<string, number>();
  return ({ family, table, chain, handle }) => {
    const words = FAMILIES[family] ?? `${family}`;
    const key = `${words} ${table} ${chain}`;
    const nth = (counted.get(key) ?? 0) + 1;
    counted.set(key, nth);
    return rulePlace({ family: words, table, chain, nth, handle });
  };
}
