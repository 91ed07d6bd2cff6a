/** What the kernel lets this process do (capabilities(7)). */
import { readFileSync } from 'node:fs';

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** Whether it may make network and mount namespaces as it is, without a user namespace around them. */
export function canUnshare(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const has = (capability: bigint): boolean => ((BigInt(`0x${effective ?? '0'}`) >> capability) & 1n) === 1n;
  return has(CAP_NET_ADMIN) && has(CAP_SYS_ADMIN);
}
