/**
 * Where a soak runs: in a pid namespace of its own, in which all that is seen is its own. As an ordinary user also under
 * limits on how many namespaces there may be at a time (namespaces(7)), which a leak of one a cycle would soon meet.
 */
import { spawnSync } from 'node:child_process';
import { toolPath } from '../../src/sys/tools.js';
import { asOrdinaryUser } from '../helpers/cli.js';

/** What two labs with all their machines have at most, and as much again for what the kernel is still taking apart. */
const MOST = { net: 80, mnt: 80, pid: 40, ipc: 40, uts: 40, user: 40 };

const PROCESSES = ['unshare', '--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--'];

/** Sets the limits with the rights of a user namespace, and gives those up by entering one more. */
const LIMITED = `${Object.entries(MOST)
  .map(([kind, most]) => `echo ${most} >/proc/sys/user/max_${kind}_namespaces`)
  .join(' && ')} && exec unshare --user --map-user=1000 --map-group=1000 -- "$@"`;

/** A shell is the first process there, and collects what has lost its parent. */
const FIRST = ['sh', '-c', '"$@"; exit $?', 'sh'];

export const inSandbox = (argv: readonly string[], asUser: boolean): readonly [string, ...string[]] => {
  const [unshare = '', ...rest] = [...PROCESSES, ...FIRST];
  const [program = '', ...more] = asUser
    ? asOrdinaryUser([unshare, '--user', '--map-root-user', ...rest, 'sh', '-c', LIMITED, 'sh', ...argv])
    : [unshare, ...rest, ...argv];
  return [program, ...more];
};

/** Why there can be no such place here, in some containers; empty where there can. */
export function noSandbox(asUser: boolean): string {
  const [program, ...rest] = inSandbox(['true'], asUser);
  const { status, stderr } = spawnSync(program, rest, {
    env: { PATH: toolPath() },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return status === 0 ? '' : `no pid namespace with a /proc of its own: ${stderr.trim()}`;
}
