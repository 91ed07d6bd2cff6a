/** What nftables drops of a link: all that goes through a cut one, and a share at random where the kernel has no netem. */
import type { Direction } from '../link/impairment.js';

/** Where the packets of a direction are seen: as they come in at an interface, or as they leave by it (nft(8)). */
export type Tap = {
  readonly direction: Direction;
  readonly hook: 'ingress' | 'egress';
  readonly device: string;
};

/** @param percent of packets that are dropped; all with 100 */
export type Drop = Tap & { readonly percent: number };

/** By the address that nobody else in a lab has. */
export const dropTable = (mac: string): string => `link_${mac.replaceAll(':', '')}`;

const PARTS = 1_000_000;

/** A file for nft(8) in whose place the older one's rules go at once; empty where nothing is dropped. */
export function dropRules(table: string, drops: readonly Drop[]): string {
  if (drops.length === 0) return '';
  const name = `netdev ${table}`;
  const chains = drops.map(
    ({ direction, hook, device, percent }) =>
      `  chain ${direction} {\n    type filter hook ${hook} device "${device}" priority 0; policy accept;\n    ${ruleOf(percent)}\n  }\n`,
  );
  return `table ${name}\ndelete table ${name}\ntable ${name} {\n${chains.join('')}}\n`;
}

const ruleOf = (percent: number): string =>
  percent >= 100 ? 'drop' : `numgen random mod ${PARTS} < ${Math.round((percent / 100) * PARTS)} drop`;
