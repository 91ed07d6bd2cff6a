/** Reads `iptables-save -c`: each rule with its packets and bytes. */

export type CountedRule = { readonly rule: string; readonly packets: number; readonly bytes: number };

const LINE = /^\[(\d+):(\d+)\] (-A .*)$/;

export function readCounters(text: string): CountedRule[] {
  return text.split('\n').flatMap((line) => {
    const [, packets, bytes, rule] = LINE.exec(line) ?? [];
    return rule === undefined ? [] : [{ rule, packets: Number(packets), bytes: Number(bytes) }];
  });
}

/** The rules that dropped or rejected something between two readings. */
export function droppingRules(before: string, after: string): string[] {
  const old = new Map(readCounters(before).map(({ rule, packets }) => [rule, packets]));
  return readCounters(after)
    .filter(({ rule, packets }) => /-j (DROP|REJECT)/.test(rule) && packets > (old.get(rule) ?? 0))
    .map(({ rule, packets }) => `${rule} (+${packets - (old.get(rule) ?? 0)} packets)`);
}
