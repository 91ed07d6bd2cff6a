/** What nftables drops of a link: all that goes through a cut one, and a share at random where the kernel has no netem. */
import type { Direction } from '../link/impairment.js';

/** Where the packets of a direction are seen: as they come in at an interface, or as they leave by it (nft(8)). */
export type Tap = {
  readonly direction: Direction;
  readonly hook: 'ingress' | 'egress';
  readonly device: string;
};

export type Drop = Tap & {
  /** Of packets that are dropped; all with 100. */
  readonly percent: number;
  /** Addresses and prefixes at the other side that nothing is exchanged with. */
  readonly apart?: readonly string[];
};

/** By the address that nobody else in a lab has. */
export const dropTable = (mac: string): string => `link_${mac.replaceAll(':', '')}`;

const PARTS = 1_000_000;

/** A file for nft(8) in whose place the older one's rules go at once; empty where nothing is dropped. */
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
