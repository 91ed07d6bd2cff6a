/** A rule's place in the kernel as one word, the same whether it is read by netlink or from what programs list. */

/** The table whose rules are listed with their handles; those of others are counted within their chains. */
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
