/** Identifies a rule in the kernel by one word, the same whether it was read by netlink or listed by a program. */

/** Rules of this table are identified by their handles, those of other tables by their position in the chain. */
export const OWN_TABLE = 'labnet';

export const rulePlace = ({
  family,
  table,
  chain,
  nth,
  handle,
}: {
  /** `ip` or `ip6` */
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** Counted from 1. */
  readonly nth: number;
  readonly handle: number;
}): string => (table === OWN_TABLE ? `${family}#${handle}` : `${family}/${table}/${chain}/${nth}`);
