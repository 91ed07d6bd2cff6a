/** The limits of this process's control groups, in both versions and at every level (cgroups(7)). */
import { join } from 'node:path';
import { readText } from './limits.js';

export type GroupLimit = {
  readonly limit: number;
  readonly used: number;
  /** The file that sets it. */
  readonly file: string;
};

type Files = { readonly controller: string; readonly most: string; readonly used: string };

/** By the version of the hierarchy. */
const PIDS: readonly Files[] = [
  { controller: '', most: 'pids.max', used: 'pids.current' },
  { controller: 'pids', most: 'pids.max', used: 'pids.current' },
];
const MEMORY: readonly Files[] = [
  { controller: '', most: 'memory.max', used: 'memory.current' },
  { controller: 'memory', most: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes' },
];
/** Version 1 shows unlimited as a number of this order. */
const UNLIMITED = 2 ** 60;

export type Groups = { readonly pids: GroupLimit | undefined; readonly memory: GroupLimit | undefined };

/** For each resource, the level at which the least is left; undefined if no level is limited. */
export function readGroups(mountinfo: string, groups = readText('/proc/self/cgroup') ?? ''): Groups {
  const paths = groupPaths(groups, mountinfo);
  const tightest = (files: readonly Files[], spare: (folder: string) => number): GroupLimit | undefined =>
    files
      .flatMap((file) => levelsOf(paths.get(file.controller)).map((folder) => limitIn(folder, file, spare)))
      .reduce(tighter, undefined);
  return { pids: tightest(PIDS, () => 0), memory: tightest(MEMORY, reclaimable) };
}

const left = ({ limit, used }: GroupLimit): number => limit - used;

const tighter = (a: GroupLimit | undefined, b: GroupLimit | undefined): GroupLimit | undefined =>
  a && b ? (left(b) < left(a) ? b : a) : (a ?? b);

type GroupPath = { readonly mount: string; readonly path: string };

/** The mount points of this process's groups, by controller; version 2 is ''. */
function groupPaths(groups: string, mountinfo: string): ReadonlyMap<string, GroupPath> {
  const paths = new Map<string, string>();
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const controller of controllers?.split(',') ?? []) paths.set(controller, path ?? '/');
  }
  const mounted = new Map<string, GroupPath>();
  for (const line of mountinfo.split('\n')) {
    const found = /^\d+ \d+ \S+ (\S+) (\S+) .* - (cgroup2?) \S+ (\S+)/.exec(line);
    if (!found) continue;
    const [, root = '/', mount = '', type, options = ''] = found;
    for (const controller of type === 'cgroup2' ? [''] : options.split(',')) {
      const path = paths.get(controller);
      if (path !== undefined) mounted.set(controller, { mount, path: below(root, path) });
    }
  }
  return mounted;
}

/** In a container the mount shows only a part of the hierarchy. */
const below = (root: string, path: string): string =>
  root !== '/' && (path === root || path.startsWith(`${root}/`)) ? path.slice(root.length) || '/' : path;

/** The group's own folder, and those above it. */
function levelsOf(group: GroupPath | undefined): string[] {
  if (!group) return [];
  const parts = group.path.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, depth) => join(group.mount, ...parts.slice(0, depth)));
}

function limitIn(folder: string, files: Files, spare: (folder: string) => number): GroupLimit | undefined {
  const file = join(folder, files.most);
  const limit = Number(readText(file));
  if (!Number.isFinite(limit) || limit <= 0 || limit >= UNLIMITED) return undefined;
  const used = Number(readText(join(folder, files.used)) ?? 0);
  return { limit, used: Math.max(0, used - spare(folder)), file };
}

/** The page cache, which the kernel drops when memory is needed. */
function reclaimable(folder: string): number {
  const text = readText(join(folder, 'memory.stat')) ?? '';
  const field = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return field('inactive_file') + field('slab_reclaimable');
}
