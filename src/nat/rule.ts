/** A packet filter or NAT rule as data; render/iptables.ts writes it down. */
import type { Protocol } from '../model/lab.js';

/** Chains of labnet's own, each entered from one of the kernel's (iptables(8)). */
export type Chain =
  'LABNET-NPT-IN' | 'LABNET-NPT-OUT' | 'LABNET-DNAT' | 'LABNET-SNAT' | 'LABNET-FORWARD' | 'LABNET-INPUT';

/** Connection tracking states (iptables-extensions(8), conntrack). */
export type State = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'DNAT';

export type Match = {
  readonly source?: string;
  readonly destination?: string;
  readonly in?: string;
  readonly notIn?: string;
  readonly out?: string;
  readonly protocol?: Protocol;
  readonly ports?: { readonly first: number; readonly last: number };
  readonly states?: readonly State[];
  readonly mark?: string;
};

export type Action =
  | {
      readonly do: 'dnat';
      readonly to: string;
      readonly ports?: { readonly first: number; readonly last: number; readonly from: number };
    }
  | { readonly do: 'snat'; readonly to: string; readonly random?: boolean }
  | { readonly do: 'masquerade' }
  | { readonly do: 'mark'; readonly mark: string }
  | { readonly do: 'snpt' | 'dnpt'; readonly prefix: string; readonly to: string }
  | { readonly do: 'accept' | 'drop' };

export type Rule = {
  readonly chain: Chain;
  readonly match: Match;
  readonly action: Action;
  /** What it is for, in a few words of letters, digits and plain punctuation. */
  readonly about: string;
};

/** The rules that come from one line of the topology, or from none (0). */
export type RuleBlock = { readonly line: number; readonly title: string; readonly rules: readonly Rule[] };
