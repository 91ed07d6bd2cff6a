/** All rules of a machine, as texts for the three programs that load them; empty for a program without rules. */
import type { Machine } from '../model/lab.js';
import type { IptablesOptions } from './iptables.js';
import { iptablesRestore } from './iptables.js';
import { nftablesText } from './nftables/index.js';

export type RuleTexts = {
  /** For iptables-restore(8). */
  readonly v4: string;
  /** For ip6tables-restore(8). */
  readonly v6: string;
  /** For nft(8): rules that iptables cannot express. */
  readonly nft: string;
};
export type RuleFile = keyof RuleTexts;

export const RULE_FILES: readonly RuleFile[] = ['nft', 'v4', 'v6'];

/** The commands that load them from standard input. In the order of RULE_FILES no packet passes a half-loaded ruleset. */
export const LOADERS: Readonly<Record<RuleFile, readonly [string, ...string[]]>> = {
  nft: ['nft', '-f', '-'],
  v4: ['iptables-restore', '--noflush'],
  v6: ['ip6tables-restore', '--noflush'],
};

export const ruleTexts = (
  machine: Machine,
  file: string,
  options: Omit<IptablesOptions, 'family'> = {},
): RuleTexts => ({
  v4: iptablesRestore(machine, file, { ...options, family: 4 }),
  v6: iptablesRestore(machine, file, { ...options, family: 6 }),
  nft: nftablesText(machine, file, options.nameOf),
});
