/** What is left here of all that a lab of namespaces takes. */
import type { Needs, Resource } from '../../../plan/needs.js';
import type { Left, Room } from '../../../plan/room.js';
import { readGroups } from '../../../sys/cgroups.js';
import type { GroupLimit } from '../../../sys/cgroups.js';
import {
  readMemory,
  readRlimits,
  readSetting,
  readSystemFiles,
  readText,
  readThreads,
} from '../../../sys/limits.js';
import { canBreakProcessLimit } from '../../../sys/capabilities.js';
import type { Used } from './used.js';
import { countUsed } from './used.js';

/** A bridge numbers its ports with ten bits, and has no port 0 (net/bridge/br_private.h, BR_MAX_PORTS). */
const BRIDGE_PORTS = 1023;
/** Where a lab takes more than this part of a limit, what is used already is counted, which takes some milliseconds. */
const WORTH_COUNTING = 1 / 16;

/** @param needs what it is looked at for; undefined looks at everything */
export function readRoom(needs?: Needs): Room {
  let counted: Used | undefined;
  const used = (): Used => (counted ??= countUsed());
  const mountinfo = readText('/proc/self/mountinfo') ?? '';
  const limits: Readonly<Record<Resource, Left | undefined>> = {
    ...namespacesLeft(needs, used),
    ...processesLeft(needs, used),
    ...groupsLeft(mountinfo),
    mounts: settingLeft('fs/mount-max', mountinfo.split('\n').length - 1),
    ...filesLeft(),
    memory: memoryLeft(),
    'bridge-ports': { left: BRIDGE_PORTS, limit: BRIDGE_PORTS },
    neighbours4: settingLeft('net/ipv4/neigh/default/gc_thresh3', 0),
    neighbours6: settingLeft('net/ipv6/neigh/default/gc_thresh3', 0),
    connections: settingLeft('net/netfilter/nf_conntrack_max', 0),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, left]) => left !== undefined));
}

type Some<Names extends Resource> = Readonly<Record<Names, Left | undefined>>;

const NAMESPACES = {
  'user-namespaces': 'user',
  'net-namespaces': 'net',
  'mnt-namespaces': 'mnt',
  'pid-namespaces': 'pid',
  'ipc-namespaces': 'ipc',
} as const;

function namespacesLeft(needs: Needs | undefined, used: () => Used): Some<keyof typeof NAMESPACES> {
  const found = Object.entries(NAMESPACES).map(([resource, kind]) => {
    const limit = readSetting(`user/max_${kind}_namespaces`);
    const needed = needs?.[resource as keyof typeof NAMESPACES] ?? Infinity;
    if (limit === undefined) return [resource, undefined];
    return [resource, { limit, left: limit - (needed > limit * WORTH_COUNTING ? used()[kind] : 0) }];
  });
  return Object.fromEntries(found) as Some<keyof typeof NAMESPACES>;
}

function processesLeft(needs: Needs | undefined, used: () => Used): Some<'processes' | 'system-processes'> {
  const { processes: own } = readRlimits();
  const isCounted = own !== undefined && (needs?.processes ?? Infinity) > own * WORTH_COUNTING;
  const most = Math.min(
    readSetting('kernel/pid_max') ?? Infinity,
    readSetting('kernel/threads-max') ?? Infinity,
  );
  return {
    processes:
      own === undefined || canBreakProcessLimit()
        ? undefined
        : { limit: own, left: own - (isCounted ? used().threads : 0) },
    'system-processes': Number.isFinite(most)
      ? { limit: most, left: most - (readThreads() ?? 0) }
      : undefined,
  };
}

function groupsLeft(mountinfo: string): Some<'cgroup-processes' | 'cgroup-memory'> {
  const { pids, memory } = readGroups(mountinfo);
  const leftIn = (group: GroupLimit | undefined): Left | undefined =>
    group && { limit: group.limit, left: group.limit - group.used, where: group.file };
  return { 'cgroup-processes': leftIn(pids), 'cgroup-memory': leftIn(memory) };
}

function filesLeft(): Some<'files' | 'system-files'> {
  const { files } = readRlimits();
  const system = readSystemFiles();
  return {
    files: files === undefined ? undefined : { limit: files, left: files },
    'system-files': system && { limit: system.most, left: system.most - system.used },
  };
}

function memoryLeft(): Left | undefined {
  const memory = readMemory();
  return memory && { limit: memory.total, left: memory.available };
}

function settingLeft(name: string, used: number): Left | undefined {
  const limit = readSetting(name);
  return limit === undefined ? undefined : { limit, left: limit - used };
}
