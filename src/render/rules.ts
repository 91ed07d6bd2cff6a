/** All rules of a machine, as the three programs read them that load them; empty where one has nothing to load. */
import type { Machine } from '../model/lab.js';
import type { IptablesOptions } from './iptables.js';
import { iptablesRestore } from './iptables.js';
import { nftablesText } from './nftables/index.js';

export type RuleTexts = {
  /** For iptables-restore(8). */
  readonly v4: string;
  /** For ip6tables-restore(8). */
  readonly v6: string;
  /** What these have no words for, for nft(8). */
  readonly nft: string;
};
export type RuleFile = keyof RuleTexts;

export const RULE_FILES: readonly RuleFile[] = ['nft', 'v4', 'v6'];

/** What loads each from its input; in the order of RULE_FILES no packet meets half of them. */
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
