/** Whether a lab fits: compares what it needs with what is left, and reports diagnostics with numbers and fixes. */
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import type { Needs, Resource } from './needs.js';
import { RESOURCES } from './needs.js';

/** What is left of a resource. Resources without a limit, or with an unknown one, are missing. */
export type Left = {
  readonly left: number;
  readonly limit: number;
  /** The name of the setting for the limit, where it varies. */
  readonly where?: string;
};
export type Room = Readonly<Partial<Record<Resource, Left>>>;

type Kind = {
  readonly noun: string;
  readonly setting: string;
  /** @param limit what would be enough */
  readonly fix: (limit: number, where: string) => string;
  /** A warning only: the lab comes up, but may not work well. */
  readonly isSoft?: true;
};

const sysctl =
  (name: string) =>
  (limit: number): string =>
    `as root: sysctl -w ${name}=${roundUp(limit)}`;

const namespaces = (kind: string, name: string): Kind => ({
  noun: `${kind} namespaces`,
  setting: name,
  fix: sysctl(name),
});

const setting = (noun: string, name: string, isSoft = false): Kind => ({
  noun,
  setting: name,
  fix: sysctl(name),
  ...(isSoft && { isSoft }),
});

const FEWER = 'fewer machines, or';

export const KINDS: Readonly<Record<Resource, Kind>> = {
  'user-namespaces': namespaces('user', 'user.max_user_namespaces'),
  'net-namespaces': namespaces('network', 'user.max_net_namespaces'),
  'mnt-namespaces': namespaces('mount', 'user.max_mnt_namespaces'),
  'pid-namespaces': namespaces('process', 'user.max_pid_namespaces'),
  'ipc-namespaces': namespaces('IPC', 'user.max_ipc_namespaces'),
  mounts: setting('mounts', 'fs.mount-max'),
  files: {
    noun: 'open files',
    setting: 'the hard limit of open files (ulimit -Hn)',
    fix: (limit) =>
      `as root: ulimit -Hn ${roundUp(limit)} before labnet, or a line '* hard nofile ${roundUp(limit)}' in /etc/security/limits.conf and a new login`,
  },
  'system-files': setting('open files of the whole computer', 'fs.file-max'),
  processes: {
    noun: 'processes',
    setting: "the user's limit of processes (ulimit -Hu)",
    fix: (limit) =>
      `end programs, or as root: ulimit -Hu ${roundUp(limit)} before labnet, or a line '* hard nproc ${roundUp(limit)}' in /etc/security/limits.conf and a new login`,
  },
  'cgroup-processes': {
    noun: 'processes',
    setting: 'pids.max',
    fix: (limit, where) =>
      `as root: echo ${roundUp(limit)} >${where}; or give the service TasksMax=, the container --pids-limit`,
  },
  'system-processes': {
    noun: 'processes of the whole computer',
    setting: 'kernel.pid_max and kernel.threads-max',
    fix: (limit) =>
      `as root: sysctl -w kernel.pid_max=${roundUp(limit)} kernel.threads-max=${roundUp(limit)}`,
  },
  memory: {
    noun: 'memory',
    setting: 'MemAvailable in /proc/meminfo',
    fix: () => `${FEWER} end programs that have it ('labnet list' shows other labs)`,
  },
  'cgroup-memory': {
    noun: 'memory',
    setting: 'memory.max',
    fix: (limit, where) =>
      `${FEWER} as root: echo ${Math.ceil(limit / MIB)}M >${where}; or give the service MemoryMax=, the container --memory`,
  },
  'bridge-ports': {
    noun: 'ports of one bridge',
    setting: 'fixed in the kernel',
    fix: () => 'spread its machines over several segments with a router between them',
  },
  neighbours4: setting('neighbours (ARP)', 'net.ipv4.neigh.default.gc_thresh3', true),
  neighbours6: setting('neighbours (NDP)', 'net.ipv6.neigh.default.gc_thresh3', true),
  connections: setting('connections of a router', 'net.netfilter.nf_conntrack_max', true),
};

/** What needs the resource: the lab, or one segment. */
export type Needing = { readonly name: string; readonly segment: string };

/** @returns errors for resources that a lab cannot do without, and warnings */
export function judgeRoom(who: Needing, needs: Needs, room: Room): Diagnostic[] {
  return RESOURCES.flatMap((resource) => {
    const has = room[resource];
    const needed = needs[resource];
    return has && needed > 0 && needed > has.left ? [tooLittle(who, resource, needed, has)] : [];
  });
}

export function tooLittle(who: Needing, resource: Resource, needed: number, has: Left): Diagnostic {
  const { noun, setting: name, fix, isSoft } = KINDS[resource];
  const left = Math.max(0, has.left);
  const amount = (many: number): string => amountText(resource, many);
  const where = has.where ?? name;
  const lab = resource === 'bridge-ports' ? `segment ${who.segment}` : who.name;
  const are = isAmount(resource) ? 'is' : 'are';
  const there =
    left === has.limit
      ? `there ${are} ${amount(left)}`
      : `${amount(left)} of ${amount(has.limit)} ${are} left`;
  const needing = isAmount(resource) ? `${amount(needed)} of ${noun}` : `${needed} ${noun}`;
  const message =
    isSoft === true
      ? `${lab} may need ${needing} at one time, and ${there} (${where}): what is above that is not answered`
      : `${lab} needs ${needing}, and ${there} (${where})`;
  return diagnostic(isSoft === true ? 'little-room' : 'no-room', message, {
    fix: fix(has.limit - has.left + needed, where),
  });
}

const MIB = 1024 * 1024;

const isAmount = (resource: Resource): boolean => resource === 'memory' || resource === 'cgroup-memory';

export const amountText = (resource: Resource, many: number): string =>
  isAmount(resource) ? `${Math.ceil(many / MIB)} MiB` : String(many);

/** Rounds a limit up, with some reserve. */
function roundUp(limit: number): number {
  const step = 10 ** Math.max(2, Math.floor(Math.log10(limit)));
  return Math.ceil((limit * 1.1) / step) * step;
}
