/**
 * Namespaces of its own for what would otherwise build in the machine's: of networks, mounts and processes, with a
 * /sys to match and a /run for its files. To kill unshare is to end all that runs in there.
 */

/** As pid 1 the shell collects what is left behind: it must not become the program. */
const SETUP = 'mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run && TMPDIR=/run "$@"; exit $?';

export const isRoot = process.geteuid?.() === 0;

export function sandboxed(argv: readonly string[]): string[] {
  const asRoot = isRoot ? [] : ['--user', '--map-root-user'];
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  return ['unshare', ...asRoot, ...namespaces, '--', 'sh', '-c', SETUP, 'sandbox', ...argv];
}
