/** What the kernel lets this process do (capabilities(7)). */
import { readFileSync } from 'node:fs';

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;
const CAP_SYS_RESOURCE = 24n;

/** Whether it may make network and mount namespaces as it is, without a user namespace around them. */
export function canUnshare(): boolean {
  const has = effective();
  return has(CAP_NET_ADMIN) && has(CAP_SYS_ADMIN);
}

/** Whether the limit of a user's processes does not apply to it (getrlimit(2), RLIMIT_NPROC). */
export function canBreakProcessLimit(): boolean {
  const has = effective();
  return isInitialUser() && (process.getuid?.() === 0 || has(CAP_SYS_ADMIN) || has(CAP_SYS_RESOURCE));
}

/** Whether programs may change their user and groups: not in a user namespace that has one user (user_namespaces(7)). */
export function canChangeIdentity(): boolean {
  try {
    return readFileSync('/proc/self/setgroups', 'utf8').trim() !== 'deny';
  } catch {
    return true;
  }
}

/** Capabilities in a user namespace are no rights over the whole computer; only the initial one maps all users to themselves. */
const isInitialUser = (): boolean =>
  /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));

function effective(): (capability: bigint) => boolean {
  const set = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return (capability) => ((BigInt(`0x${set ?? '0'}`) >> capability) & 1n) === 1n;
}
