/** Reads `iptables-save -c`: each rule with its packets and bytes. */
import { count } from '../core/text.js';

export type CountedRule = { readonly rule: string; readonly packets: number; readonly bytes: number };

const LINE = /^\[(\d+):(\d+)\] (-A .*)$/;

export function readCounters(text: string): CountedRule[] {
  return text.split('\n').flatMap((line) => {
    const [, packets, bytes, rule] = LINE.exec(line) ?? [];
    return rule === undefined ? [] : [{ rule, packets: Number(packets), bytes: Number(bytes) }];
  });
}

const NFT_LINE = /^\s*(.*?)\bcounter packets (\d+) bytes (\d+) (.*)$/;

/** Reads `nft list table`: each rule that has a counter, with its packets and bytes. */
export function readNftCounters(text: string): CountedRule[] {
  return text.split('\n').flatMap((line) => {
    const [, before = '', packets, bytes, after = ''] = NFT_LINE.exec(line) ?? [];
    return packets === undefined
      ? []
      : [{ rule: `${before}${after}`.trim(), packets: Number(packets), bytes: Number(bytes) }];
  });
}

/** The rules of iptables or nft that dropped or rejected packets between two readings. */
export function droppingRules(before: string, after: string): string[] {
  const read = (text: string) => [...readCounters(text), ...readNftCounters(text)];
  const old = new Map(read(before).map(({ rule, packets }) => [rule, packets]));
  return read(after)
    .filter(({ rule, packets }) => /-j (DROP|REJECT)| drop\b/.test(rule) && packets > (old.get(rule) ?? 0))
    .map(({ rule, packets }) => `${rule} (+${count(packets - (old.get(rule) ?? 0), 'packet')})`);
}
