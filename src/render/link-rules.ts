/** The packets of a link that nftables drops: all, if the link is cut, or a random share, if the kernel has no netem. */
import type { Direction } from '../link/impairment.js';

/** The hook for packets of a direction: when they arrive at an interface, or when they leave by it (nft(8)). */
export type Tap = {
  readonly direction: Direction;
  readonly hook: 'ingress' | 'egress';
  readonly device: string;
};

export type Drop = Tap & {
  /** The share of packets to drop; 100 for all. */
  readonly percent: number;
  /** Addresses and prefixes of the other side that are cut off. */
  readonly apart?: readonly string[];
};

/** By the address that nobody else in a lab has. */
export const dropTable = (mac: string): string => `link_${mac.replaceAll(':', '')}`;

const PARTS = 1_000_000;

/** A file for nft(8) that replaces the rules in one step; empty where nothing is dropped. */
export function dropRules(table: string, drops: readonly Drop[]): string {
  if (drops.length === 0) return '';
  const name = `netdev ${table}`;
  const chains = drops.map(
    (drop) =>
      `  chain ${drop.direction} {\n    type filter hook ${drop.hook} device "${drop.device}" priority 0; policy accept;\n${rulesOf(
        drop,
      )
        .map((rule) => `    ${rule}\n`)
        .join('')}  }\n`,
  );
  return `table ${name}\ndelete table ${name}\ntable ${name} {\n${chains.join('')}}\n`;
}

/** What a packet comes to that is dropped. */
const DROP = 'drop';

/** @param verdict what becomes of packets, in nft's words */
export function rulesOf(
  { direction, percent, apart = [] }: Pick<Drop, 'direction' | 'percent' | 'apart'>,
  verdict = DROP,
): string[] {
  const field = direction === 'up' ? 'daddr' : 'saddr';
  const [six, four] = [apart.filter((one) => one.includes(':')), apart.filter((one) => !one.includes(':'))];
  const set = (family: string, some: readonly string[]): string[] =>
    some.length === 0 ? [] : [`${family} ${field} { ${some.join(', ')} } ${verdict}`];
  return [...set('ip', four), ...set('ip6', six), ...(percent === 0 ? [] : [ruleOf(percent, verdict)])];
}

const ruleOf = (percent: number, verdict: string): string =>
  percent >= 100 ? verdict : `numgen random mod ${PARTS} < ${Math.round((percent / 100) * PARTS)} ${verdict}`;
