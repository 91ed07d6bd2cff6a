/** The command line that puts a program into a machine as its user sees it: its network, names, /run and processes. */
import { throughFd } from '../../sys/process.js';
import { toolPath } from '../../sys/tools.js';
import { boundToCaller, dieWithParent } from './bound.js';
import { fromOutside, LAB_DIR, pinOf, VIEW_FD } from './paths.js';

/** Where whoever starts this hands it the holder's folder in /proc, opened and judged; the program does not get it. */
const HOLDER_FD = 3;

/** What the procfs of whoever started this says of the process that asks. */
const OWN_STATUS = `${throughFd(HOLDER_FD)}/../self/status`;

/** Hands on by what pid that procfs knows this process, which becomes nsenter; nothing where it does not know it. */
const NAMED =
  'LABNET_NSENTER=; read -r LABNET_NSENTER rest 2>/dev/null </proc/self/stat; export LABNET_NSENTER;';

/**
 * Makes the machine's own view of the file system, then becomes the program. A sysfs or procfs that the kernel does
 * not let an ordinary user mount (in some containers) stays as it was. It ends where nsenter, its parent, died before the
 * parent-death signal was set: from here a living parent has pid 0 as well as a dead one, so the procfs outside is asked.
 */
const SCRIPT = `set -e
machine=$1 directory=$2
shift 2
if [ -n "$LABNET_NSENTER" ] && [ -r ${OWN_STATUS} ]; then
  while read -r key value; do
    [ "$key" != PPid: ] || [ "$value" = "$LABNET_NSENTER" ] || exit 1
  done <${OWN_STATUS}
fi
unset LABNET_NSENTER
own=${LAB_DIR}/machines/$machine
mount --bind "$own/hosts" /etc/hosts
mount --bind ${LAB_DIR}/resolv.conf /etc/resolv.conf 2>/dev/null || :
mount -t proc proc /proc 2>/dev/null || :
mount -t sysfs sysfs /sys 2>/dev/null || :
hostname "$machine" 2>/dev/null || :
[ -d "$own/run" ] || mkdir -p "$own/run"
mount --bind "$own/run" /run
cd "$directory" 2>/dev/null || cd /
exec env --default-signal=INT --default-signal=QUIT setpriv --pdeathsig KILL -- "$@" ${HOLDER_FD}<&-`;

/**
 * @param isOutside whether the caller is not yet in the user namespace of the lab; joining it resets the parent-death
 *   signal (prctl(2)), which is therefore set behind that, and before the fork into the lab's processes
 */
export function enterArgv(machine: string, directory: string, isOutside: boolean): [string, ...string[]] {
  const holder = throughFd(HOLDER_FD);
  const of = (kind: 'ipc' | 'pid' | 'user'): string => `--${kind}=${holder}/ns/${kind}`;
  const net = `--net=${fromOutside(holder, pinOf(machine))}`;
  const mount = `--mount=${holder}/fd/${VIEW_FD}`;
  // Ctrl-C at a terminal reaches all of them; nsenter, which waits for its child, must not die of it and take it along.
  const patient = ['env', '--ignore-signal=INT', '--ignore-signal=QUIT'];
  // nsenter forks, and its child does not inherit the signal: it is set again before anything else.
  const enter = ['nsenter', of('ipc'), of('pid'), mount, net, '--', ...dieWithParent];
  const inside = [...enter, 'unshare', '--mount', '--uts', '--'];
  const script = ['/bin/sh', '-c', SCRIPT, 'labnet-exec', machine, directory];
  const rest = [...boundToCaller(NAMED), ...patient, ...inside, ...script];
  const [first = '', ...more] = isOutside
    ? ['nsenter', of('user'), '--preserve-credentials', '--', ...rest]
    : rest;
  return [first, ...more];
}

/** The environment of a program in a machine: the user's own, and where it is. */
export const machineEnv = (
  env: Readonly<Record<string, string | undefined>>,
  lab: string,
  machine: string,
): Record<string, string> => ({
  ...(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >),
  PATH: toolPath(),
  LABNET_LAB: lab,
  LABNET_MACHINE: machine,
});
